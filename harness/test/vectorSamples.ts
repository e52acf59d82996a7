import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { between, normal, uniformFrom } from '../src/cases/random.ts';
import type { Mode, VectorCase } from '../src/vectors/format.ts';
import { newFolder } from './commandLine.ts';

/** What of a sample differs from the next. */
export interface SampleOptions {
  readonly mode: Mode;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly seed?: number;
  readonly epsilon?: number;
  /** x is drawn around this mean with a spread of 1. */
  readonly around?: number;
  /** Rounds inputs and outputs as a publisher would. */
  readonly round?: (value: number) => number;
  readonly dtype?: 'float32' | 'float16';
}

/** Which channel an element belongs to, by writing its index as coordinates. */
function channelOf(shape: readonly number[], axis: number, index: number): number {
  const behind = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return Math.floor(index / behind) % shape[axis]!;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * A published case made here, in float64, element by element from the definition and without the contract's tensors:
 * gradients step by step as in Ioffe & Szegedy 2015, section 3. Momentum 0.9 weighs the old value, ÷ m everywhere.
 */
export function sampleCase(options: SampleOptions): VectorCase {
  const { mode, shape, seed = 1, epsilon = 1e-5, around = 0.5, round = Math.fround, dtype = 'float32' } = options;
  const axis = options.axis < 0 ? options.axis + shape.length : options.axis;
  const uniform = uniformFrom(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  const channels = shape[axis]!;
  const draw = (length: number, value: () => number): number[] => Array.from({ length }, () => round(value()));
  const x = draw(size, () => around + normal(uniform));
  const dy = draw(size, () => normal(uniform));
  const gamma = draw(channels, () => between(uniform, 0.5, 1.5));
  const beta = draw(channels, () => between(uniform, -1, 1));
  const mean = draw(channels, () => around + between(uniform, -0.5, 0.5));
  const variance = draw(channels, () => between(uniform, 0.5, 1.5));

  const y = new Array<number>(size);
  const dx = new Array<number>(size);
  const batch = { mean: [] as number[], variance: [] as number[], dGamma: [] as number[], dBeta: [] as number[] };
  for (let c = 0; c < channels; c++) {
    const at = x.flatMap((_, i) => (channelOf(shape, axis, i) === c ? [i] : []));
    const m = at.length;
    const own = sum(at.map((i) => x[i]!)) / m;
    const spread = sum(at.map((i) => (x[i]! - own) ** 2)) / m;
    const frozen = mode === 'inference' || mode === 'backward-frozen';
    const [mu, sigma2] = frozen ? [mean[c]!, variance[c]!] : [own, spread];
    const std = Math.sqrt(sigma2 + epsilon);
    const xHat = at.map((i) => (x[i]! - mu) / std);
    const dXHat = at.map((i) => dy[i]! * gamma[c]!);
    const dVariance = frozen ? 0 : sum(at.map((i, k) => dXHat[k]! * (x[i]! - mu))) * (-1 / 2) * std ** -3;
    const dMean = frozen ? 0 : -sum(dXHat) / std;
    at.forEach((i, k) => {
      y[i] = gamma[c]! * xHat[k]! + beta[c]!;
      dx[i] = dXHat[k]! / std + (dVariance * 2 * (x[i]! - mu)) / m + dMean / m;
    });
    batch.mean.push(own);
    batch.variance.push(spread);
    batch.dGamma.push(sum(at.map((i, k) => dy[i]! * xHat[k]!)));
    batch.dBeta.push(sum(at.map((i) => dy[i]!)));
  }

  const published = (values: readonly number[]): number[] => values.map(round);
  const row = { name: `${mode} ${shape.join('x')} axis ${options.axis}`, mode, shape, axis: options.axis, dtype, x };
  const forward = { ...row, gamma, beta, mean, variance, epsilon };
  const gradients = { dx: published(dx), dgamma: published(batch.dGamma), dbeta: published(batch.dBeta) };
  switch (mode) {
    case 'inference':
      return { ...forward, expected: { y: published(y) } };
    case 'training':
      return {
        ...forward,
        momentum: 0.9,
        momentum_convention: 'weight of OLD running value',
        running_variance_divisor: 'm (population)',
        expected: {
          y: published(y),
          running_mean: published(mean.map((old, c) => 0.9 * old + (1 - 0.9) * batch.mean[c]!)),
          running_var: published(variance.map((old, c) => 0.9 * old + (1 - 0.9) * batch.variance[c]!)),
          batch_mean: published(batch.mean),
          batch_var: published(batch.variance),
        },
      };
    case 'backward':
      return { ...row, dy, gamma, epsilon, expected: gradients };
    case 'backward-frozen':
      return { ...row, dy, gamma, mean, variance, epsilon, expected: gradients };
  }
}

/** A folder with these files in it. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = newFolder();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** A file with these cases in a folder of its own. */
export function fileWith(...cases: readonly unknown[]): string {
  return join(folderWith({ 'cases.json': { source: 'made for this test', cases } }), 'cases.json');
}
