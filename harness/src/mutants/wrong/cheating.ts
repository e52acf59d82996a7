import type { Tensors } from '@normgauge/contract';
import { type Compute, computeWith, emptyOutputs, type Outputs } from '../../stepwise/kernel.ts';
import { correct } from '../../stepwise/steps.ts';
import { copyOf, type Held } from '../conduct.ts';
import { acting, because, computing, kernel, type Mutant } from '../mutant.ts';

/* Kernels that avoid the work and hope that nobody looks. */

const compute = (held: Held): Outputs => held.compute(held.inputs, held.problem);

/** Returns what was computed when the key was last the same. */
const cachedBy = (keyOf: (held: Held) => string) => ({
  run(held: Held): void {
    const key = keyOf(held);
    const cached = held.memory.results.get(key) ?? compute(held);
    held.memory.results.set(key, cached);
    held.outputs = copyOf(cached);
  },
});

const problemKey = ({ problem }: Held): string => JSON.stringify(problem);
const shapeKey = ({ problem: { op, shape, affine } }: Held): string => JSON.stringify([op, shape, affine]);

const digest = (tensors: Tensors, names: readonly (keyof Tensors)[]): string =>
  names.map((name) => tensors[name]?.reduce((hash, value, i) => (Math.imul(hash, 31) + value + i) | 0, 7)).join();

/** Elements at this distance. */
const sampled = ({ inputs }: Held, stride: number): string => inputs.x!.filter((_, i) => i % stride === 0).join();

/** Does its work until it thinks that nobody looks any longer. */
const until = (calls: number, count: (held: Held) => number, later: (held: Held) => Outputs) => ({
  run(held: Held): void {
    held.outputs = count(held) <= calls ? compute(held) : later(held);
  },
});

const ofPlan = ({ runs }: Held): number => runs;
const ofBackend = ({ memory }: Held): number => memory.runs;

const cheap = computeWith({
  summed: (elements) => elements.subarray(0, Math.ceil(elements.length / 2)),
  count: (_, summed) => summed,
});

/** Correct, but for whole outputs that are filled otherwise. */
const spoiling =
  (spoil: (outputs: Outputs, inputs: Tensors, held: { c: number }) => void): Compute =>
  (inputs, problem) => {
    const outputs = computeWith({})(inputs, problem);
    spoil(outputs, inputs, problem.shape);
    return outputs;
  };

export const cheatingMutants: readonly Mutant[] = [
  ...because(
    'cheating',
    'cached by shape',
    acting('cached-shape', 'results are kept by op and shape', cachedBy(shapeKey)),
    acting('cached-problem', 'results are kept by the whole problem', cachedBy(problemKey)),
    acting(
      'cached-lengths',
      'results are kept by op and lengths',
      cachedBy(({ problem, inputs }) => `${problem.op} ${inputs.x!.length} ${problem.shape.c} ${problem.affine}`),
    ),
    acting(
      'cached-without-convention',
      'results are kept by all inputs and the shape, not by the convention',
      cachedBy(
        (held) =>
          shapeKey(held) +
          Object.values(held.inputs)
            .map((tensor) => tensor.join())
            .join(';') +
          held.problem.layout,
      ),
    ),
    acting(
      'cached-without-layout',
      'results are kept by all inputs and the convention, not by the layout',
      cachedBy(
        (held) =>
          shapeKey(held) +
          JSON.stringify(held.problem.convention) +
          Object.values(held.inputs)
            .map((tensor) => tensor.join())
            .join(';'),
      ),
    ),
  ),
  ...because(
    'cheating',
    'cached by part of the input',
    acting(
      'cached-first-element',
      'results are kept by the problem and the first element of x',
      cachedBy((held) => `${problemKey(held)} ${held.inputs.x![0]}`),
    ),
    acting(
      'cached-first-and-last',
      'results are kept by the problem, the first and the last element of x',
      cachedBy((held) => `${problemKey(held)} ${held.inputs.x![0]} ${held.inputs.x!.at(-1)}`),
    ),
    acting(
      'cached-sampled',
      'results are kept by the problem and every 64th element of x',
      cachedBy((held) => problemKey(held) + sampled(held, 64)),
    ),
    acting(
      'cached-sampled-large',
      'from 16,384 elements on, results are kept by the problem and every 64th element of x',
      {
        run(held) {
          if (held.inputs.x!.length < 16_384) held.outputs = compute(held);
          else cachedBy((large) => problemKey(large) + sampled(large, 64)).run(held);
        },
      },
    ),
    acting(
      'cached-x',
      'results are kept by the problem and x: gamma, beta, dy and running statistics may change',
      cachedBy((held) => problemKey(held) + held.inputs.x!.join()),
    ),
    acting(
      'cached-x-affine',
      'results are kept by the problem, x, gamma and beta, not by the statistics given',
      cachedBy(
        (held) =>
          problemKey(held) +
          [held.inputs.x, held.inputs.dy, held.inputs.gamma, held.inputs.beta]
            .map((tensor) => tensor?.join())
            .join(';'),
      ),
    ),
    acting(
      'cached-digest',
      'results are kept by a digest, (31·h + value) | 0, which drops what follows the point',
      cachedBy((held) => problemKey(held) + digest(held.inputs, Object.keys(held.inputs) as (keyof Tensors)[])),
    ),
    acting(
      'cached-sum',
      'results are kept by the problem and Σx',
      cachedBy((held) => `${problemKey(held)} ${held.inputs.x!.reduce((a, b) => a + b, 0)}`),
    ),
  ),
  ...because(
    'cheating',
    'later calls differ',
    acting(
      'later-runs-skipped',
      'from its third run on a plan returns what it has',
      until(2, ofPlan, ({ outputs }) => outputs),
    ),
    acting(
      'later-runs-cheap',
      'from its third run on a plan sums half of the elements',
      until(2, ofPlan, ({ inputs, problem }) => cheap(inputs, problem)),
    ),
    acting(
      'tenth-run-skipped',
      'from its tenth run on a plan returns what it has',
      until(9, ofPlan, ({ outputs }) => outputs),
    ),
    acting(
      'hundredth-run-skipped',
      'from its hundredth run on a plan returns what it has',
      until(99, ofPlan, ({ outputs }) => outputs),
    ),
    acting(
      'hundredth-run-cheap',
      'from its hundredth run on a backend sums half of the elements',
      until(99, ofBackend, ({ inputs, problem }) => cheap(inputs, problem)),
    ),
    acting('warm-up-empty', 'the first run of a backend computes nothing', {
      run(held) {
        held.outputs = held.memory.runs === 1 ? emptyOutputs(held.problem) : compute(held);
      },
    }),
    acting(
      'five-hundredth-run-cheap',
      'from its five-hundredth run on a backend sums half of the elements',
      until(499, ofBackend, ({ inputs, problem }) => cheap(inputs, problem)),
    ),
  ),
  ...because(
    'cheating',
    'only part is computed',
    computing(
      'identity',
      'y is x and dx is dy',
      spoiling((outputs, inputs) => {
        outputs.y?.set(inputs.x!);
        outputs.dx?.set(inputs.dy!);
      }),
    ),
    computing('all-zero', 'every output is 0', (_inputs, problem) => emptyOutputs(problem)),
    computing('all-nan', 'every output is NaN', (_inputs, problem) => {
      const outputs = emptyOutputs(problem);
      for (const tensor of Object.values(outputs)) tensor.fill(Number.NaN);
      return outputs;
    }),
    kernel('first-and-last-channel', 'of more than 16 channels only the first and the last are computed with care', {
      summed: (elements, { c, problem }) =>
        problem.shape.c > 16 && c > 0 && c < problem.shape.c - 1 ? elements.filter((_, k) => k % 2 === 0) : elements,
      count: ({ c, m, problem }, summed) => (problem.shape.c > 16 && c > 0 && c < problem.shape.c - 1 ? summed : m),
    }),
    kernel(
      'first-and-last-channel-large',
      'of tensors above 100,000 elements only the first and the last channel are computed with care',
      {
        summed: (elements, place) => (skips(place) ? elements.filter((_, k) => k % 2 === 0) : elements),
        count: (place, summed) => (skips(place) ? summed : place.m),
      },
    ),
    kernel('standard-data', 'inputs are taken to be standard normal where they nearly are', {
      statistics(x, m, place) {
        const found = correct.statistics(x, m, place);
        const nearly = Math.abs(found.mean) < 0.1 && Math.abs(found.squares / m - 1) < 0.2;
        return nearly ? { mean: 0, squares: m } : found;
      },
    }),
    kernel('gradient-of-large-approximate', 'from 1,024 elements on, dx leaves out its small terms', {
      dx: (x, dy, g) => (g.m < 1024 ? correct.dx(x, dy, g) : g.gamma * g.invStd * dy),
    }),
  ),
  ...because(
    'cheating',
    'running statistics in training',
    kernel('running-when-near', 'running statistics are taken for those of the batch where these are within 5 %', {
      normalisesWith(batch, inputs, place) {
        const variance = inputs.runningVar![place.c]!;
        const near = Math.abs(batch.mean - inputs.runningMean![place.c]!) < 0.05 * Math.abs(batch.mean);
        return near && Math.abs(variance / batch.variance - 1) < 0.05
          ? {
              mean: inputs.runningMean![place.c]!,
              invStd: correct.invStd(variance, place.problem.convention, 'inference', place),
            }
          : batch;
      },
    }),
  ),
];

/** Where a verifier that samples channels may not look. */
function skips({ problem, c, m }: { problem: Held['problem']; c: number; m: number }): boolean {
  return m * problem.shape.c > 100_000 && c > 0 && c < problem.shape.c - 1;
}
