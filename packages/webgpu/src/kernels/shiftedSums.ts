import { threads } from '../geometry.ts';
import { acrossLanes } from './acrossLanes.ts';
import { storedOf } from './stored.ts';
import { foundInLane, loop, ofEachChannel, type Walk } from './walks.ts';

/** WGSL: element `i` of `channel`, wherever in a load it is. */
function elementOf(walk: Walk): string {
  const { load, channels, elements } = walk;
  const { read } = storedOf(walk);
  if (load === 'f32') return read('x[addressOf(channel, i)]');
  return channels === 4
    ? `${read('x[addressOf(channel, i)]')}[channel % 4u]`
    : `${read(`x[addressOf(channel, i / ${elements}u)]`)}[i % 4u]`;
}

/**
 * Σ(x−K) and Σ(x−K)² of a channel, in float32, from one reading of x.
 *
 * With a shift K near the mean μ these two are as good as two passes, since
 *
 *     μ = K + S1/m        Σ(x−μ)² = S2 − S1²/m
 *
 * and the subtraction loses only the factor S2/Σ(x−μ)² = 1 + (μ−K)²/σ². x−K does not round where x is near K, so a
 * mean of 1e6 over a deviation of 1 costs nothing. Sums of data on a coarse grid are exact, whatever the order.
 *
 * K is the median of five elements: one or two outliers among them do not move it. All is held in a unit 2^exponent, about the
 * largest of the five, so that neither 1e30 nor 1e-30 leaves the range when squared; powers of two are exact.
 *
 * Both are guesses from a sample, so the result is looked at: `misled` says that K was more than 1.7σ off, or that a square left the
 * range, and `corrected` has a better K (the mean just found) or a better unit (the largest element, also found) to sum with again.
 *
 * The shifts of a tile are found once, by the threads that finish its channels, and shared.
 *
 * Ladder: plain sums (loses everything at a large mean) → a shift → a scale → four running sums a lane → across the workgroup.
 *
 * Chan, Golub & LeVeque 1983, Algorithms for computing the sample variance (shifted data), doi:10.1080/00031305.1983.10483115
 */
export function shiftedSums(walk: Walk): string {
  const { channels, elements } = walk;
  return /* wgsl */ `
struct Shift { value: f32, exponent: i32 }

/** Of the channels of the tile. */
var<workgroup> sharedShift: array<Shift, ${threads}>;

${walk.addressOf}

fn sample(channel: u32, k: u32) -> f32 {
  let i = min(p.m / 10u * (2u * k + 1u) + k, p.m - 1u);
  return ${elementOf(walk)};
}

fn unitOf(largest: f32) -> i32 { return clamp(exponentOf(largest), -126, 126); }

fn shiftOf(channel: u32) -> Shift {
  let a = sample(channel, 0u);
  let b = sample(channel, 1u);
  let c = sample(channel, 2u);
  let d = sample(channel, 3u);
  let e = sample(channel, 4u);
  let f = max(min(a, b), min(c, d));
  let g = min(max(a, b), max(c, d));
  let median = max(min(e, f), min(max(e, f), g));
  let largest = max(max(max(abs(a), abs(b)), max(abs(c), abs(d))), abs(e));
  return Shift(median, unitOf(largest));
}

/**
 * Σ(x−K), Σ(x−K)² and max|x| of a lane's elements begin ≤ i < until of every channel of its loads, of which the first is
 * number \`place\` of the tile; the sums in units of 2^exponent and 4^exponent.
 */
fn laneSums(channel: u32, place: u32, begin: u32, until: u32, lane: u32, lanes: u32) -> array<vec3f, ${channels}> {
  let scale = ${ofEachChannel(walk, (k) => `pow2(-sharedShift[place + ${k}u].exponent)`)};
  let offset = -${ofEachChannel(walk, (k) => `sharedShift[place + ${k}u].value`)} * scale;
  var sum = vec4f();
  var squares = vec4f();
  var largest = vec4f();
  var rest = vec3f();
  var i = begin / ${elements}u + lane;
  let end = until / ${elements}u;
  ${walk.begin}
  ${loop(walk, ['x'], ({ type, of }) =>
    type === 'vec4f'
      ? /* wgsl */ `
    let values = ${of('x')};
    let d = fma(values, vec4f(scale), vec4f(offset));
    sum += d;
    squares += d * d;
    largest = max(largest, abs(values));`
      : /* wgsl */ `
    let d = fma(${of('x')}, scale, offset);
    rest = vec3f(rest.x + d, rest.y + d * d, max(rest.z, abs(${of('x')})));`,
  )}
  return ${foundInLane(
    walk,
    'vec3f',
    (k) => `vec3f(sum[${k}], squares[${k}], largest[${k}])`,
    /* wgsl */ `vec3f(
    (sum.x + sum.y) + (sum.z + sum.w) + rest.x,
    (squares.x + squares.y) + (squares.z + squares.w) + rest.y,
    max(max(max(largest.x, largest.y), max(largest.z, largest.w)), rest.z),
  )`,
  )};
}

fn together(a: vec3f, b: vec3f) -> vec3f { return vec3f(a.xy + b.xy, max(a.z, b.z)); }
${acrossLanes(walk, 'vec3f', (a, b) => `together(${a}, ${b})`)}

/** (μ−K)/2^exponent. */
fn meanOffset(sums: vec3f) -> f32 { return quotient(sums.x, p.count); }

/** (2^60)²: below it no square lost a bit to the range, nor did their sum. */
const widest = ${2 ** 120}f;

/** Whether a square left the range, or S2 − S1²/m lost more than two bits. */
fn misled(sums: vec3f) -> bool { return !(sums.y < widest) || sums.x * meanOffset(sums) > 0.75 * sums.y; }

fn corrected(shift: Shift, sums: vec3f) -> Shift {
  if (!(sums.y < widest)) { return Shift(shift.value, unitOf(sums.z)); }
  return Shift(shift.value + unscaled(Scaled(meanOffset(sums), shift.exponent)), shift.exponent);
}
`;
}
