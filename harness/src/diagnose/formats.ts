import type { TensorName } from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';
import { bfloat16, cutToFloat16, flushed, quickInverseRoot, significant, tf32 } from '../stepwise/float32.ts';
import type { Replaced } from '../stepwise/kernel.ts';
import { accumulating, loading, storing } from '../stepwise/rounding.ts';
import { correct, sum } from '../stepwise/steps.ts';
import type { Cause } from './causes.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about numbers held in fewer bits, or cut off. */

type Round = (value: number) => number;

const formats: readonly (readonly [Cause, string, Round])[] = [
  ['float16 inside', 'float16', f16round],
  ['bfloat16 inside', 'bfloat16', bfloat16],
  ['tf32 inside', 'tf32', tf32],
];

/** Truncated to so many bits, as hardware that drops the rest does. */
function truncated(value: number, bits: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const quantum = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits + 1);
  return Math.trunc(value / quantum) * quantum;
}

function multiplying(round: Round): Replaced {
  return {
    statistics(x, m) {
      const mean = sum(x.map(round)) / m;
      return { mean, squares: sum(x.map((value) => round(value - mean) ** 2)) };
    },
    sums: (x, dy, { mean, invStd }) => ({
      dBeta: sum(dy.map(round)),
      dGamma: sum(x.map((value, k) => round(dy[k]!) * round((value - mean) * invStd))),
    }),
  };
}

const tensors: readonly (readonly [string, readonly TensorName[]])[] = [
  ['x', ['x']],
  ['dy', ['dy']],
  ['x and dy', ['x', 'dy']],
  ['gamma and beta', ['gamma', 'beta']],
  ['gamma', ['gamma']],
  ['all inputs', ['x', 'dy', 'gamma', 'beta', 'mean', 'invStd', 'runningMean', 'runningVar']],
];

const written: readonly (readonly [string, readonly TensorName[]])[] = [
  ['y and dx', ['y', 'dx']],
  ['saved mean and invStd', ['mean', 'invStd']],
  ['saved invStd', ['invStd']],
  ['running statistics', ['runningMean', 'runningVar']],
  ['dGamma and dBeta', ['dGamma', 'dBeta']],
  ['all outputs', ['y', 'dx', 'mean', 'invStd', 'runningMean', 'runningVar', 'dGamma', 'dBeta']],
];

function xHatIn(round: Round): Replaced {
  return { normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * round((x - mean) * invStd) + beta };
}

function ofFormats({ problem, inputs }: Observation): readonly Hypothesis[] {
  const known = (names: readonly TensorName[]): boolean => names.some((name) => inputs[name] !== undefined);
  const forward = problem.op === 'forward-training' || problem.op === 'inference';
  return formats.flatMap(([cause, format, round]) => [
    ...tensors
      .filter(([, names]) => known(names))
      .map(([what, names]) => suppose(cause, `${what} is read in ${format}`, loading(round, names))),
    ...written.map(([what, names]) => suppose(cause, `${what} went through ${format}`, storing(round, names))),
    suppose(cause, `sums are kept in ${format}`, accumulating(round)),
    suppose(cause, `what is summed goes through ${format}`, multiplying(round)),
    ...(forward ? [suppose(cause, `x̂ goes through ${format}`, xHatIn(round))] : []),
  ]);
}

/** Where x, y, dy and dx are float16 as they should be: what else is, and how they were stored. */
function ofHalves({ problem }: Observation): readonly Hypothesis[] {
  if (problem.dtype !== 'f16') return [];
  const inside = (says: string, steps: Replaced): Hypothesis => suppose('float16 inside', says, steps);
  return [
    suppose('stored in another format', 'y and dx are cut instead of rounded', storing(cutToFloat16, ['y', 'dx']), 1.5),
    inside('squares are float16 before they are summed', {
      statistics(x, m) {
        const mean = sum(x) / m;
        return { mean, squares: sum(x.map((value) => f16round((value - mean) ** 2))) };
      },
    }),
    inside('the mean that is subtracted is float16', {
      normalise: (x, { mean, invStd }, affine) => correct.normalise(x, { mean: f16round(mean), invStd }, affine),
    }),
    inside('y = a·x + b with a and b in float16', {
      normalise(x, { mean, invStd }, { gamma, beta }) {
        const a = f16round(gamma * invStd);
        return a * x + f16round(beta - mean * a);
      },
    }),
  ];
}

/** Other widths, found from how many bits the outputs have. */
function ofBits({ got, problem, inputs }: Observation): readonly Hypothesis[] {
  // Of dtype f16 it is as it should be that they have few.
  if (problem.dtype !== 'f32') return [];
  const name = problem.op === 'forward-training' || problem.op === 'inference' ? 'y' : 'dx';
  const values = [...got[name]!].filter((value) => Number.isFinite(value) && value !== 0);
  // Folded, not spread: a call takes no hundred thousand arguments.
  const bits = values.reduce((most, value) => Math.max(most, bitsOf(value)), 0);
  const grid = values.reduce((most, value) => Math.max(most, lowestBit(value)), Number.NEGATIVE_INFINITY);
  const steps = values.reduce((least, value) => Math.min(least, lowestBit(value)), Number.POSITIVE_INFINITY);
  const rows: Hypothesis[] = [];
  if (values.length >= 8 && bits <= 22) {
    const which: Cause = bits === 11 ? 'float16 inside' : bits === 8 ? 'bfloat16 inside' : 'fixed point inside';
    for (const [how, round] of [
      ['rounded', significant],
      ['cut', truncated],
    ] as const) {
      rows.push(
        suppose(
          which,
          `${name} is ${how} to ${bits} significant bits`,
          storing((value) => round(value, bits), ['y', 'dx']),
          1.5,
        ),
      );
    }
  }
  if (values.length >= 8 && steps >= -24 && grid > steps) {
    const step = 2 ** steps;
    rows.push(
      suppose(
        'fixed point inside',
        `${name} comes in steps of 2^${steps}`,
        storing((value) => Math.round(value / step) * step, ['y', 'dx']),
        1.5,
      ),
      suppose(
        'fixed point inside',
        `${name} is cut to steps of 2^${steps}`,
        storing((value) => Math.trunc(value / step) * step, ['y', 'dx']),
        1.5,
      ),
    );
  }
  const affine = inputs.gamma ? (['gamma', 'beta'] as const) : [];
  for (const power of [4, 5, 6, 7, 8]) {
    const step = 2 ** -power;
    for (const tensor of affine) {
      rows.push(
        suppose(
          'fixed point inside',
          `${tensor} is read in steps of 2^−${power}`,
          loading((value) => Math.round(value / step) * step, [tensor]),
          1.5,
        ),
      );
    }
  }
  for (const digits of [4, 5, 6, 7]) {
    rows.push(
      suppose(
        'fixed point inside',
        `x went through text of ${digits} digits`,
        loading((value) => Number(value.toPrecision(digits)), ['x']),
        1.5,
      ),
    );
  }
  return rows;
}

/** Bits between the first and the last that is set. */
function bitsOf(value: number): number {
  return Math.floor(Math.log2(Math.abs(value))) - lowestBit(value) + 1;
}

/** Exponent of the last bit that is set. */
function lowestBit(value: number): number {
  const word = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const exponent = Math.max(1, (word >>> 23) & 0xff) - 150;
  const fraction = (word & 0x7fffff) | (((word >>> 23) & 0xff) > 0 ? 0x800000 : 0);
  return exponent + Math.log2(fraction & -fraction);
}

const root = (of: Round): Replaced => ({
  invStd: (variance, { eps, epsPlacement }) =>
    epsPlacement === 'inside-sqrt' ? of(Math.fround(variance + eps)) : 1 / (1 / of(Math.fround(variance)) + eps),
});

const ofRoots: readonly Hypothesis[] = [
  ...[0, 1, 2].map((steps) =>
    suppose(
      'inverse root too coarse',
      `invStd is the fast inverse root with ${steps} of Newton's steps`,
      root((value) => quickInverseRoot(value, steps)),
    ),
  ),
  ...[8, 10, 11, 12, 14, 16, 18, 20].map((bits) =>
    suppose(
      'inverse root too coarse',
      `invStd has ${bits} bits`,
      root((value) => significant(1 / Math.sqrt(value), bits)),
      1.2,
    ),
  ),
];

const largestFloat32 = 3.4028234663852886e38;

const ofRanges: readonly Hypothesis[] = [
  suppose('flushed to zero', 'subnormal inputs are taken for 0', loading(flushed, ['x', 'dy']), 0.9),
  suppose(
    'flushed to zero',
    'subnormal outputs are 0',
    storing(flushed, ['y', 'dx', 'mean', 'invStd', 'runningMean', 'runningVar', 'dGamma', 'dBeta']),
  ),
  suppose('flushed to zero', 'subnormal inputs and outputs are 0', {
    ...loading(flushed, ['x', 'dy', 'gamma', 'beta', 'runningMean', 'runningVar', 'mean']),
    ...storing(flushed, ['y', 'dx', 'mean', 'invStd', 'runningMean', 'runningVar', 'dGamma', 'dBeta']),
  }),
  suppose(
    'NaN or infinity swallowed',
    'NaN is read as 0',
    loading((value) => (Number.isNaN(value) ? 0 : value), ['x', 'dy']),
  ),
  suppose(
    'NaN or infinity swallowed',
    'NaN is written as 0',
    storing((value) => (Number.isNaN(value) ? 0 : value), ['y', 'dx']),
  ),
  suppose('NaN or infinity swallowed', 'statistics leave NaN out', {
    statistics: (x, m, place) =>
      correct.statistics(
        x.filter((value) => !Number.isNaN(value)),
        m,
        place,
      ),
  }),
  suppose('NaN or infinity swallowed', 'statistics leave NaN out, and do not count it', {
    statistics(x, _, place) {
      const kept = x.filter((value) => !Number.isNaN(value));
      const { mean, squares } = correct.statistics(kept, kept.length, place);
      return { mean, squares: (squares * x.length) / kept.length };
    },
  }),
  suppose('NaN or infinity swallowed', 'a variance that is NaN is taken for 0', {
    invStd: (variance, convention, op, place) => correct.invStd(variance > 0 ? variance : 0, convention, op, place),
  }),
  suppose(
    'NaN or infinity swallowed',
    'infinity is read as the largest float32',
    loading((value) => Math.max(-largestFloat32, Math.min(largestFloat32, value)), ['x', 'dy']),
  ),
  suppose('squares overflow', 'the squares of x overflow in float32', {
    statistics(x, m, place) {
      const { mean } = correct.statistics(x, m, place);
      return { mean, squares: sum(x.map((value) => Math.fround(Math.fround(value - mean) ** 2))) };
    },
  }),
  suppose('squares overflow', 'Σx² overflows in float32', {
    statistics(x, m, place) {
      const { mean } = correct.statistics(x, m, place);
      return { mean, squares: sum(x.map((value) => Math.fround(value * value) - mean ** 2)) };
    },
  }),
  suppose(
    'squares overflow',
    'x beyond the range of float16 is infinite',
    loading((value) => (Math.abs(value) > 65_504 ? Math.sign(value) * Number.POSITIVE_INFINITY : value), ['x']),
    0.9,
  ),
];

/** A limit at which several values stop. */
function ofClamps(): readonly Hypothesis[] {
  const rows: Hypothesis[] = [];
  const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));
  for (const limit of [2, 3, 4, 5, 6, 8, 10]) {
    rows.push(
      suppose('values clamped', `x̂ is kept in ±${limit}`, {
        normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * clamp((x - mean) * invStd, limit) + beta,
      }),
    );
  }
  for (const power of [3, 4, 5, 6, 8, 10]) {
    rows.push(
      suppose(
        'values clamped',
        `x is kept in ±1e${power}`,
        loading((value) => clamp(value, 10 ** power), ['x']),
      ),
    );
  }
  for (const power of [3, 4, 5, 6, 7, 8, 10]) {
    const least = 10 ** -power;
    rows.push(
      suppose(
        'values clamped',
        `inputs under 1e-${power} are taken for 0`,
        loading((value) => (Math.abs(value) < least ? 0 : value), ['x', 'dy']),
      ),
      suppose(
        'values clamped',
        `results under 1e-${power} are 0`,
        storing((value) => (Math.abs(value) < least ? 0 : value), ['y', 'dx']),
      ),
    );
  }
  for (const most of [1, 10, 100, 1000, 1e4]) {
    rows.push(
      suppose('values clamped', `invStd is kept from rising above ${most}`, {
        invStd: (variance, convention, op, place) => Math.min(correct.invStd(variance, convention, op, place), most),
      }),
    );
  }
  for (const least of [1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]) {
    rows.push(
      suppose('values clamped', `σ² is kept from falling below ${least}`, {
        invStd: (variance, convention, op, place) => correct.invStd(Math.max(variance, least), convention, op, place),
      }),
    );
  }
  return rows;
}

export function ofNumbers(seen: Observation): readonly Hypothesis[] {
  return [...ofFormats(seen), ...ofHalves(seen), ...ofBits(seen), ...ofRoots, ...ofRanges, ...ofClamps()];
}
