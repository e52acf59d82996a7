import type { Convention } from '@normgauge/contract';
import { elementsIn, type Observation } from './observation.ts';

/* The way from x to y, and from dy to dx, a stage at a time: where does the error come in? */

/** One stage of a kernel, as far as its outputs tell. */
export interface Stage {
  readonly name: string;
  /** Largest error over the size of what it is an error of, over all channels. */
  readonly error: number;
  /** How it was told. */
  readonly from: string;
}

type PerChannel = (c: number) => number;

function largest(channels: number, relative: PerChannel): number {
  let worst = 0;
  for (let c = 0; c < channels; c++) {
    const error = relative(c);
    // NaN is the worst of all.
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

function varianceFrom(invStd: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / invStd ** 2 - eps : (1 / invStd - eps) ** 2;
}

interface Moments {
  readonly mean: number;
  readonly invStd: number;
}

/** Largest |got − made of these| over the output of a channel, as a share of its largest value. */
function elementwise(seen: Observation, name: 'y' | 'dx', made: (i: number, c: number) => number): number {
  return largest(seen.problem.shape.c, (c) => {
    let error = 0;
    let size = 0;
    for (const i of elementsIn(seen, c)) {
      const target = made(i, c);
      const distance = Math.abs(seen.got[name]![i]! - target);
      if (!(distance <= error)) error = distance;
      size = Math.max(size, Math.abs(target));
    }
    return error / size;
  });
}

function forwardStages(seen: Observation): readonly Stage[] {
  const { got, expected, problem, inputs } = seen;
  const { c: channels } = problem.shape;
  const gamma: PerChannel = (c) => inputs.gamma?.[c] ?? 1;
  const beta: PerChannel = (c) => inputs.beta?.[c] ?? 0;
  const normalised = (of: (c: number) => Moments) => (i: number, c: number) => {
    const { mean, invStd } = of(c);
    return gamma(c) * (inputs.x![i]! - mean) * invStd + beta(c);
  };
  if (problem.op === 'inference')
    return [{ name: 'y', error: elementwise(seen, 'y', (i) => expected.y![i]!), from: 'y against the reference' }];
  const truth: (c: number) => Moments = (c) => ({ mean: expected.mean![c]!, invStd: expected.invStd![c]! });
  const own: (c: number) => Moments = (c) => ({ mean: got.mean![c]!, invStd: got.invStd![c]! });
  const deviation: PerChannel = (c) => 1 / expected.invStd![c]!;
  return [
    {
      name: 'mean',
      error: largest(channels, (c) => Math.abs(got.mean![c]! - expected.mean![c]!) / deviation(c)),
      from: 'the saved mean, in standard deviations',
    },
    {
      name: 'variance',
      error: largest(channels, (c) => {
        const variance = varianceFrom(expected.invStd![c]!, problem.convention);
        return Math.abs(varianceFrom(got.invStd![c]!, problem.convention) / variance - 1);
      }),
      from: 'what the saved invStd says of it, eps taken off',
    },
    {
      name: 'invStd',
      error: largest(channels, (c) => Math.abs(got.invStd![c]! / expected.invStd![c]! - 1)),
      from: 'the saved invStd',
    },
    {
      name: 'x̂ and affine step',
      error: elementwise(seen, 'y', normalised(own)),
      from: 'y against gamma·(x − mean)·invStd + beta with the kernel’s own saved statistics',
    },
    { name: 'y', error: elementwise(seen, 'y', normalised(truth)), from: 'y against the reference' },
    {
      name: 'running mean',
      error: largest(channels, (c) => Math.abs(got.runningMean![c]! - expected.runningMean![c]!) / deviation(c)),
      from: 'the updated running mean, in standard deviations',
    },
    {
      name: 'running variance',
      error: largest(channels, (c) => Math.abs(got.runningVar![c]! / expected.runningVar![c]! - 1)),
      from: 'the updated running variance',
    },
  ];
}

function backwardStages(seen: Observation): readonly Stage[] {
  const { got, expected, problem, inputs } = seen;
  const ofSum = (name: 'dGamma' | 'dBeta'): readonly Stage[] => {
    if (!got[name]) return [];
    const size: PerChannel = (c) => elementsIn(seen, c).reduce((sum, i) => sum + Math.abs(inputs.dy![i]!), 0);
    return [
      {
        name,
        error: largest(problem.shape.c, (c) => Math.abs(got[name]![c]! - expected[name]![c]!) / size(c)),
        from: `${name}, as a share of Σ|dy|`,
      },
    ];
  };
  return [
    ...ofSum('dBeta'),
    ...ofSum('dGamma'),
    { name: 'dx', error: elementwise(seen, 'dx', (i) => expected.dx![i]!), from: 'dx against the reference' },
  ];
}

/** Errors a stage at a time, in the order in which a kernel computes. */
export function stagesOf(seen: Observation): readonly Stage[] {
  return seen.problem.op === 'forward-training' || seen.problem.op === 'inference'
    ? forwardStages(seen)
    : backwardStages(seen);
}
