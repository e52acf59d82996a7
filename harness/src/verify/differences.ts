import { elementsOf, elementsPerChannel, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import { compute } from '@normgauge/reference';
import { type GradientCheck, toFloat } from '@normgauge/reports';
import { normal, seedOf, type Uniform, uniformFrom } from '../cases/random.ts';
import type { Limits } from './compare.ts';
import { boundsContext } from './facts.ts';
import { declaredClass } from './limits.ts';
import type { Prepared } from './prepare.ts';
import { guard, poison, withoutGuards } from './protocol.ts';
import { during, type Subject } from './subject.ts';
import { boundOfWeightedSum } from './tolerance.ts';

/*
 * The kernel's own forward, differenced, against its own backward: no reference decides what the gradient is, so a
 * backward that is not the gradient of its forward shows even when both follow a convention of their own.
 *
 * The loss is L = Σ w·y with w = dy of the case, summed in float64. Along a direction v of the data, with Richardson's
 * extrapolation over the steps h and h/2,
 *
 *     R = ( 4·[L(x+hv/2) − L(x−hv/2)]/h − [L(x+hv) − L(x−hv)]/(2h) ) / 3
 *
 * should equal Σ dx·v̄, where v̄ is the same combination of the points as float32 really holds them. What is allowed is
 * computed: the truncation, from the float64 reference at the same points, and the rounding of both sides, from the
 * tolerance on y and on dx.
 */

/** Elements up to which the kernel's forward is differenced; rounding drowns the signal in larger ones. */
const differenceBudget = 4096;
/** Step in units of the channel's deviation: with Richardson the truncation is h⁴, the rounding u/h. */
const step = 2 ** -4;
const directions = 3;

/** Weight of each of the four points in R, and its distance from x in steps. */
const stencil = [
  { at: 1 / 2, weight: 4 / 3 },
  { at: -1 / 2, weight: -4 / 3 },
  { at: 1, weight: -1 / 6 },
  { at: -1, weight: 1 / 6 },
] as const;

/** One tensor of the forward problem, moved along one direction. */
interface Probe {
  readonly of: string;
  readonly varied: 'x' | 'gamma' | 'beta';
  readonly gradient: 'dx' | 'dGamma' | 'dBeta';
  readonly direction: Float64Array;
}

/** The forward whose gradient the case asks for. */
function forwardOf(problem: Problem): Problem {
  return { ...problem, op: problem.op === 'backward' ? 'forward-training' : 'inference' };
}

function forwardInputs({ row, inputs }: Prepared): Tensors {
  const { c } = row.problem.shape;
  const { x, gamma, runningMean, runningVar } = inputs;
  return {
    x: x!,
    ...(gamma && { gamma, beta: new Float32Array(c).fill(0.25) }),
    runningMean: runningMean ?? new Float32Array(c),
    runningVar: runningVar ?? new Float32Array(c).fill(1),
    ...(row.problem.op === 'backward' &&
      row.problem.convention.momentum === 'cumulative' && { batchesTracked: Float32Array.of(1) }),
  };
}

function probesFor({ row, seed, sampledInputs, bounds }: Prepared): readonly Probe[] {
  const { shape, affine, layout } = row.problem;
  const uniform = uniformFrom(seedOf(seed, 'directions', row.id));
  const positions = elementsPerChannel(shape) / shape.n;
  const channelOf = (i: number): number => (layout === 'nhwc' ? i % shape.c : Math.floor(i / positions) % shape.c);
  const deviation = bounds.context.facts.map(({ variance }) => Math.sqrt(variance));
  const x = sampledInputs.x!;
  const ofX = Array.from({ length: directions }, (_, k) => ({
    of: `dx, direction ${k + 1}`,
    varied: 'x' as const,
    gradient: 'dx' as const,
    direction: Float64Array.from(x, (_value, i) => normal(uniform) * deviation[channelOf(i)]!),
  }));
  return affine
    ? [...ofX, channelProbe('gamma', 'dGamma', shape.c, uniform), channelProbe('beta', 'dBeta', shape.c, uniform)]
    : ofX;
}

function channelProbe(varied: 'gamma' | 'beta', gradient: 'dGamma' | 'dBeta', c: number, uniform: Uniform): Probe {
  return { of: gradient, varied, gradient, direction: Float64Array.from({ length: c }, () => normal(uniform)) };
}

/** The varied tensor at the four points, rounded to float32 as the kernel will see it. */
function points(base: Float32Array, direction: Float64Array): readonly Float32Array[] {
  return stencil.map(({ at }) => base.map((value, i) => value + at * step * direction[i]!));
}

const combine = (losses: readonly number[]): number =>
  losses.reduce((sum, loss, k) => sum + (stencil[k]!.weight * loss) / step, 0);

function lossOf(y: ArrayLike<number>, w: Float32Array): number {
  return w.reduce((sum, weight, i) => sum + weight * y[i]!, 0);
}

/** v̄: the stencil applied to the points themselves. */
function effectiveDirection(moved: readonly Float32Array[]): Float64Array {
  return Float64Array.from(moved[0]!, (_, i) =>
    moved.reduce((sum, point, k) => sum + (stencil[k]!.weight * point[i]!) / step, 0),
  );
}

const dot = (a: ArrayLike<number>, b: Float64Array): number => b.reduce((sum, value, i) => sum + value * a[i]!, 0);

/** True when the case is one on which differences of a float32 kernel mean something. */
export function canDifference({ row }: Pick<Prepared, 'row'>): boolean {
  const { op, shape, dtype } = row.problem;
  // Points so near each other are the same ones in float16.
  if (dtype !== 'f32') return false;
  const isGradient = op === 'backward' || op === 'backward-frozen';
  return (
    isGradient && row.fill.differentiable && elementsOf(shape) <= differenceBudget && elementsPerChannel(shape) > 1
  );
}

/**
 * Differences the subject's forward along random directions and compares with its own gradients.
 *
 * @param gradients dx, dGamma and dBeta as the subject returned them for the case
 * @param limits allowed errors of those gradients, as the case's agreement used them
 */
export async function checkDifferences(
  prepared: Prepared,
  subject: Subject,
  gradients: Tensors,
  limits: (name: TensorName) => Limits,
): Promise<readonly GradientCheck[]> {
  const forward = forwardOf(prepared.row.problem);
  const { supported, depth } = await subject.supports(forward);
  if (supported !== true) return [];
  const base = forwardInputs(prepared);
  const probes = probesFor(prepared);
  const moved = probes.map(({ varied, direction }) => points(base[varied]!, direction));
  const inputSets = probes.flatMap(({ varied }, p) => moved[p]!.map((tensor) => ({ ...base, [varied]: tensor })));
  const reply = await during('the finite differences', () =>
    subject.execute({ problem: forward, inputSets, guard, poison, repeat: false }),
  );

  const w = prepared.inputs.dy!;
  const exact = boundsContext(forward, base, compute(forward, base));
  const ofLoss = boundOfWeightedSum(exact, declaredClass(subject.declared, depth, forward), w);
  const rounding = (stencil.reduce((sum, { weight }) => sum + Math.abs(weight), 0) * ofLoss) / step;

  return probes.map(({ of, gradient }, p) => {
    const ownLosses = stencil.map((_, k) => lossOf(withoutGuards(reply.outputs[4 * p + k]!.y!), w));
    const exactLosses = stencil.map((_, k) => lossOf(compute(forward, inputSets[4 * p + k]!).y!, w));
    const along = effectiveDirection(moved[p]!);
    const differenced = combine(ownLosses);
    const predicted = dot(gradients[gradient]!, along);
    const truncation = Math.abs(combine(exactLosses) - dot(prepared.expected[gradient]!, along));
    const ofGradient = dot(limits(gradient).verdict, along.map(Math.abs));
    const allowed = 2 * truncation + rounding + ofGradient;
    const ratio = Math.abs(differenced - predicted) / allowed;
    return {
      method: 'differences',
      of,
      got: toFloat(predicted),
      expected: toFloat(differenced),
      allowed: toFloat(allowed),
      ratio: toFloat(ratio),
      passed: ratio <= 1,
    };
  });
}
