import type { Tensors } from '@normgauge/contract';
import { type Affine, correct, type Place, type Steps } from '../stepwise/steps.ts';
import type { Cause } from './causes.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import { elementsIn, type Observation } from './observation.ts';

/* Suppositions about gamma, beta and the elementwise step. */

function changed(change: (affine: Affine, inputs: Tensors, place: Place) => Partial<Affine>): Pick<Steps, 'affine'> {
  return {
    affine(inputs, place) {
      const read = correct.affine(inputs, place);
      return { ...read, ...change(read, inputs, place) };
    },
  };
}

const gammas: readonly (readonly [Cause, string, (gamma: number) => number])[] = [
  ['gamma ignored', 'gamma is taken for 1', () => 1],
  ['gamma ignored', 'a gamma of 0 is taken for 1', (gamma) => gamma || 1],
  ['gamma changed before use', 'gamma is raised by 1', (gamma) => gamma + 1],
  ['gamma changed before use', '|gamma| is used', Math.abs],
  ['gamma changed before use', '|gamma| + eps is used', (gamma) => Math.abs(gamma) + 1e-5],
  ['gamma changed before use', '−gamma is used', (gamma) => -gamma],
  ['gamma changed before use', 'gamma is applied twice', (gamma) => gamma ** 2],
  ['gamma changed before use', '1/gamma is used', (gamma) => 1 / gamma],
  ['gamma changed before use', '√gamma is used', Math.sqrt],
  ['gamma changed before use', 'a gamma below 1e-5 is raised to it', (gamma) => Math.max(gamma, 1e-5)],
  ['gamma changed before use', 'a negative gamma is taken for 0', (gamma) => Math.max(gamma, 0)],
  ['gamma ignored', 'gamma is taken for 0', () => 0],
];

const betas: readonly (readonly [Cause, string, (beta: number) => number])[] = [
  ['beta ignored', 'beta is taken for 0', () => 0],
  ['gamma or beta applied in the wrong place', 'beta is subtracted', (beta) => -beta],
  ['gamma or beta applied in the wrong place', 'beta is added twice', (beta) => 2 * beta],
];

const present: readonly Hypothesis[] = [
  suppose(
    'gamma and beta swapped',
    'gamma is added and beta multiplies',
    changed(({ gamma, beta }) => ({ gamma: beta, beta: gamma })),
  ),
  ...gammas.map(([cause, says, of]) =>
    suppose(
      cause,
      says,
      changed(({ gamma }) => ({ gamma: of(gamma) })),
    ),
  ),
  ...betas.map(([cause, says, of]) =>
    suppose(
      cause,
      says,
      changed(({ beta }) => ({ beta: of(beta) })),
    ),
  ),
  suppose(
    'gamma ignored',
    'gamma and beta are both ignored',
    changed(() => ({ gamma: 1, beta: 0 })),
    1.2,
  ),
];

const absent: readonly Hypothesis[] = [
  suppose(
    'gamma or beta read although absent',
    'an absent gamma is taken for 0',
    changed(() => ({ gamma: 0 })),
  ),
  suppose(
    'gamma or beta read although absent',
    'the running statistics are read in place of the absent gamma and beta',
    changed((read, { runningVar, runningMean }, { c }) => ({
      gamma: runningVar?.[c] ?? read.gamma,
      beta: runningMean?.[c] ?? read.beta,
    })),
  ),
  suppose(
    'gamma or beta read although absent',
    'the running variance or invStd is read in place of the absent gamma',
    changed((read, { runningVar, invStd }, { c }) => ({ gamma: runningVar?.[c] ?? invStd?.[c] ?? read.gamma })),
  ),
  suppose(
    'gamma or beta read although absent',
    'the running mean is read in place of the absent beta',
    changed((read, { runningMean }, { c }) => ({ beta: runningMean?.[c] ?? read.beta })),
  ),
  suppose(
    'gamma or beta read although absent',
    'an absent beta is taken for 1',
    changed(() => ({ beta: 1 })),
  ),
];

type Normalise = Steps['normalise'];

const places: readonly (readonly [Cause, string, Normalise])[] = [
  [
    'gamma or beta applied in the wrong place',
    'y is (gamma·x − μ)·invStd + beta',
    (x, { mean, invStd }, { gamma, beta }) => (gamma * x - mean) * invStd + beta,
  ],
  [
    'gamma or beta applied in the wrong place',
    'y is gamma·(x̂ + beta)',
    (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) * invStd + beta),
  ],
  [
    'gamma or beta applied in the wrong place',
    'y is (gamma·(x − μ) + beta)·invStd',
    (x, { mean, invStd }, { gamma, beta }) => (gamma * (x - mean) + beta) * invStd,
  ],
  [
    'gamma or beta applied in the wrong place',
    'y is gamma·invStd·x + (beta − μ·invStd): gamma is missing from the offset',
    (x, { mean, invStd }, { gamma, beta }) => gamma * invStd * x + (beta - mean * invStd),
  ],
  [
    'gamma or beta applied in the wrong place',
    'y is gamma·invStd·x + (beta − gamma·μ): invStd is missing from the offset',
    (x, { mean, invStd }, { gamma, beta }) => gamma * invStd * x + (beta - mean * gamma),
  ],
  [
    'mean taken for another value',
    'y is gamma·x·invStd + beta: the mean is not subtracted',
    (x, { invStd }, { gamma, beta }) => gamma * (x * invStd) + beta,
  ],
  [
    'mean taken for another value',
    'the mean is subtracted twice',
    (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - 2 * mean) * invStd) + beta,
  ],
  [
    'mean taken for another value',
    'the mean is added',
    (x, { mean, invStd }, { gamma, beta }) => gamma * ((x + mean) * invStd) + beta,
  ],
  [
    'spread taken for another value',
    'x−μ is multiplied by the standard deviation',
    (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) / invStd) + beta,
  ],
  [
    'spread taken for another value',
    'x−μ is not divided by the standard deviation',
    (x, { mean }, { gamma, beta }) => gamma * (x - mean) + beta,
  ],
  [
    'spread taken for another value',
    'invStd is applied twice',
    (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) * invStd ** 2) + beta,
  ],
  [
    'activation applied to y',
    'max(y, 0) is applied to y',
    (x, at, read) => Math.max(correct.normalise(x, at, read), 0),
  ],
  [
    'activation applied to y',
    'min(max(y, 0), 6) is applied to y',
    (x, at, read) => Math.min(Math.max(correct.normalise(x, at, read), 0), 6),
  ],
  ...[0.1, 0.01, 0.2].map((slope): readonly [Cause, string, Normalise] => [
    'activation applied to y',
    `y below 0 is multiplied by ${slope}`,
    (x, at, read) => {
      const y = correct.normalise(x, at, read);
      return y > 0 ? y : slope * y;
    },
  ]),
];

/** Gain and offset of y over x in every channel, where y is a straight line of x. */
function lines(seen: Observation): readonly { gain: number; offset: number }[] | undefined {
  const x = seen.inputs.x!;
  const y = seen.got.y!;
  return Array.from({ length: seen.problem.shape.c }, (_, c) => {
    const elements = elementsIn(seen, c);
    let least = elements[0]!;
    let most = least;
    for (const i of elements) {
      if (x[i]! < x[least]!) least = i;
      if (x[i]! > x[most]!) most = i;
    }
    const gain = (y[most]! - y[least]!) / (x[most]! - x[least]!);
    return { gain, offset: y[least]! - gain * x[least]! };
  });
}

/** The channel whose parameter is nearest to what each channel seems to have used. */
function takenFrom(seems: readonly number[], parameters: Float32Array): readonly number[] {
  return seems.map((value) => {
    let nearest = 0;
    for (let c = 1; c < parameters.length; c++) {
      if (Math.abs(parameters[c]! - value) < Math.abs(parameters[nearest]! - value)) nearest = c;
    }
    return nearest;
  });
}

/** `0, 1, 2, … are taken from 1, 2, 0`. */
function listed(sources: readonly number[]): string {
  const shown = sources.slice(0, 8).join(', ');
  return `channels 0, 1, 2, … take it from channels ${shown}${sources.length > 8 ? ', …' : ''}`;
}

/** gamma or beta of other channels, found from the lines that y makes over x. */
function gathered(seen: Observation): readonly Hypothesis[] {
  const { inputs, expected, problem } = seen;
  const { gamma, beta } = inputs;
  if (!gamma || !beta || problem.shape.c < 2 || seen.m < 2 || !seen.got.y) return [];
  const found = lines(seen)!;
  const moments = found.map((_, c) =>
    problem.op === 'forward-training'
      ? { mean: expected.mean![c]!, invStd: expected.invStd![c]! }
      : correct.given.call(correct, inputs, { problem, c, m: seen.m, positions: 1 }),
  );
  const gammaSeen = takenFrom(
    found.map(({ gain }, c) => gain / moments[c]!.invStd),
    gamma,
  );
  const betaSeen = takenFrom(
    found.map(({ gain, offset }, c) => offset + gain * moments[c]!.mean),
    beta,
  );
  const moved = (sources: readonly number[]): boolean => sources.some((source, c) => source !== c);
  const both = moved(gammaSeen) && moved(betaSeen);
  return [
    ...(moved(gammaSeen)
      ? [
          suppose(
            'gamma of another channel',
            `gamma is of another channel: ${listed(gammaSeen)}`,
            changed((_, __, { c }) => ({ gamma: gamma[gammaSeen[c]!]! })),
            1.5,
          ),
        ]
      : []),
    ...(moved(betaSeen)
      ? [
          suppose(
            'beta of another channel',
            `beta is of another channel: ${listed(betaSeen)}`,
            changed((_, __, { c }) => ({ beta: beta[betaSeen[c]!]! })),
            1.5,
          ),
        ]
      : []),
    ...(both
      ? [
          suppose(
            'gamma of another channel',
            `gamma and beta are of other channels: ${listed(gammaSeen)}`,
            changed((_, __, { c }) => ({ gamma: gamma[gammaSeen[c]!]!, beta: beta[betaSeen[c]!]! })),
            2,
          ),
        ]
      : []),
  ];
}

/** In the gradients gamma is known from the size of dx alone: the usual mistakes are tried. */
function ofOtherChannels({ inputs: { gamma }, problem: { shape } }: Observation): readonly Hypothesis[] {
  if (!gamma || shape.c < 2) return [];
  const sources: readonly (readonly [string, (c: number) => number])[] = [
    ['the next channel', (c) => (c + 1) % shape.c],
    ['the channel before', (c) => (c + shape.c - 1) % shape.c],
    ['channel 0', () => 0],
    ['the last channel', () => shape.c - 1],
    ['the first of every four channels', (c) => c & ~3],
    ['the first of every two channels', (c) => c & ~1],
    ['the first of every eight channels', (c) => c & ~7],
    ['the channels in reverse', (c) => shape.c - 1 - c],
  ];
  return sources.map(([from, source]) =>
    suppose(
      'gamma of another channel',
      `gamma is taken from ${from}`,
      changed((_, __, { c }) => ({ gamma: gamma[source(c)]! })),
    ),
  );
}

export function ofAffine(seen: Observation): readonly Hypothesis[] {
  const forward = seen.problem.op === 'forward-training' || seen.problem.op === 'inference';
  return [
    ...(seen.problem.affine ? present : absent),
    ...(forward ? places.map(([cause, says, normalise]) => suppose(cause, says, { normalise })) : []),
    ...(forward ? gathered(seen) : ofOtherChannels(seen)),
  ];
}
