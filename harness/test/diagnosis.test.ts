import { fromFunctions } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { type Cause, causes } from '../src/diagnose/causes.ts';
import { Diagnostician } from '../src/diagnose/diagnostician.ts';
import { correctVariants, mutants } from '../src/mutants/corpus.ts';
import { subjectInProcess } from '../src/mutants/inProcess.ts';
import { acting, computing, kernel, type Variant } from '../src/mutants/mutant.ts';
import { computeWith } from '../src/stepwise/kernel.ts';
import { storing } from '../src/stepwise/rounding.ts';
import { mix, twoPass } from '../src/stepwise/steps.ts';
import { type Prepared, prepareInputs } from '../src/verify/prepare.ts';

function preparedFor(address: string): Prepared {
  const row = caseAt(address);
  // Finite differences find what the agreement of the gradients finds, and take twenty forwards.
  return { ...prepareInputs({ ...row, fill: { ...row.fill, differentiable: false } }, 1), oracles: [] };
}

/** Few and small cases on which most mistakes show. */
const cases = [
  ...['forward-training', 'inference', 'backward', 'backward-frozen'].flatMap((op) =>
    ['3x5x7x3/normal/pytorch', '4x3x5x5/tiny-variance/darknet', '4x6x9x7/no-affine/onnx', '2x9x6x7/normal/onnx'].map(
      (rest) => `${op}/nchw/${rest}`,
    ),
  ),
  'forward-training/nchw/3x5x7x5/normal/paper',
  'forward-training/nchw/3x5x7x5/normal/darknet-alexeyab',
  'backward/nchw/3x5x7x5/normal/darknet-alexeyab',
  'forward-training/nhwc/3x5x7x5/normal/pytorch',
  'forward-training/nchw/1x3/normal/keras',
  'forward-training/nchw/3x4x5x7/large-mean-1e4/pytorch',
  'forward-training/nchw/3x4x5x7/huge/pytorch',
  'forward-training/nchw/3x4x5x7/subnormal/pytorch',
  'inference/nchw/3x4x5x7/subnormal/pytorch',
  'forward-training/nchw/3x4x5x7/nan-in-one-channel/pytorch',
  'inference/nchw/3x4x5x7/negative-gamma/pytorch',
  'forward-training/nchw/3x4x5x7/outlier/pytorch',
].map(preparedFor);

/** Failures after which a mutant is left alone. */
const enough = 3;

async function causeNamed(variant: Variant): Promise<Diagnostician['conclusion']> {
  const subject = await subjectInProcess(variant.open);
  const diagnostician = new Diagnostician();
  let failures = 0;
  for (const prepared of cases) {
    const verdict = await diagnostician.verify(prepared, subject);
    if (verdict.status === 'failed') failures++;
    if (failures === enough) break;
  }
  return diagnostician.conclusion;
}

/** The first wrong kernel of every cause: one of each mistake. */
const oneOfEach = causes.flatMap((cause) => mutants.find((mutant) => mutant.cause === cause) ?? []);

describe('a diagnosis', () => {
  it('names the right cause first for nine of ten mistakes, one of every kind, and none wrongly with certainty', async () => {
    const named = await Promise.all(
      oneOfEach.map(async (mutant) => ({ mutant, conclusion: await causeNamed(mutant) })),
    );
    const failed = named.filter(({ conclusion }) => conclusion !== undefined);
    const wrong = failed.filter(({ mutant, conclusion }) => conclusion!.cause !== mutant.cause);
    expect(failed.length).toBeGreaterThan(0.8 * oneOfEach.length);
    const rows = wrong.map(({ mutant, conclusion }) => `${mutant.id} [${mutant.cause}]: ${conclusion!.cause}`);
    expect(rows.length, rows.join('\n')).toBeLessThanOrEqual(0.1 * named.length);
    expect(wrong.filter(({ conclusion }) => conclusion!.certain).map(({ mutant }) => mutant.id)).toEqual([]);
  }, 300_000);

  it('tells work that is not awaited from work that is not done, however busy the process is', async () => {
    const late = mutants.find(({ id }) => id === 'run-not-awaited')!;
    const named = await Promise.all(Array.from({ length: 40 }, () => causeNamed(late)));
    expect(new Set(named.map((conclusion) => conclusion?.cause))).toEqual(new Set<Cause>(['work not awaited']));
  }, 120_000);

  it('goes by behaviour: the same mistake under another name is named the same', async () => {
    const hidden = kernel('x', '?', { divisor: (_, m) => m - 1 });
    expect((await causeNamed(hidden))?.cause).toBe('divides by m−1');
  });

  it.each<readonly [Cause, Variant]>([
    ['another eps', kernel('a', '', { invStd: (variance) => 1 / Math.sqrt(variance + 3e-4) })],
    ['another momentum', kernel('b', '', { weight: ({ momentum }) => (momentum === 'cumulative' ? 0.25 : 0.37) })],
    ['divides by another count', kernel('c', '', { divisor: (_, m) => m + 3 })],
    [
      'elements left out of the sums',
      kernel('d', '', { summed: (elements) => elements.filter((_, k) => k % 24 !== 23) }),
    ],
    [
      'gamma of another channel',
      kernel('e', '', {
        affine: ({ gamma, beta }, { c, problem }) => ({
          gamma: gamma?.[(c + 2) % problem.shape.c] ?? 1,
          beta: beta?.[c] ?? 0,
        }),
      }),
    ],
    [
      'mean taken for another value',
      kernel('j', '', {
        statistics(x, m) {
          const { mean, squares } = twoPass(x, m);
          return { mean: 0.97 * mean, squares };
        },
      }),
    ],
    [
      'running variance wrong',
      kernel('k', '', { runningVar: (old, { runningVariance }, w) => mix(old, runningVariance + 3e-3, w) }),
    ],
    [
      'values clamped',
      kernel(
        'l',
        '',
        storing((value) => Math.max(-1.7, Math.min(1.3, value)), ['y']),
      ),
    ],
    [
      'values clamped',
      kernel('m', '', {
        normalise: (x, { mean, invStd }, { gamma, beta }) =>
          gamma * Math.max(-1.37, Math.min(1.37, (x - mean) * invStd)) + beta,
      }),
    ],
    [
      'input written',
      {
        id: 'n',
        does: '',
        stateless: true,
        open: fromFunctions({
          id: 'n',
          inference(inputs, problem) {
            const { y } = computeWith({})(inputs, problem);
            inputs.x.fill(0);
            return { y: y! };
          },
        }),
      },
    ],
    [
      'follows another convention',
      computing('f', '', (inputs, problem) => {
        const keras = {
          ...problem.convention,
          eps: 1e-3,
          normalizeDivisor: 'm',
          runningDivisor: 'm',
          momentum: 0.01,
        } as const;
        const { epsPlacement: _, ...rest } = keras;
        return computeWith({})(inputs, { ...problem, convention: { ...rest, epsPlacement: 'inside-sqrt' } });
      }),
    ],
    [
      'input written',
      acting('g', '', {
        write(held, inputs) {
          held.inputs = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.slice()]));
          inputs.x![3] = 7;
        },
      }),
    ],
  ])('finds "%s" in a kernel that the corpus does not have', async (cause, variant) => {
    expect((await causeNamed(variant))?.cause).toBe(cause);
  });

  it('says by name which convention the results follow', async () => {
    const subject = await subjectInProcess(kernel('h', '', { divisor: (_, m) => m - 1 }).open);
    const verdict = await new Diagnostician().verify(preparedFor('inference/nchw/3x5x7x3/normal/pytorch'), subject);
    expect(verdict.status).toBe('passed');
    const failed = await new Diagnostician().verify(
      preparedFor('forward-training/nchw/3x5x7x3/normal/pytorch'),
      subject,
    );
    expect(failed.diagnosis?.follows).toContain('darknet-alexeyab');
  });

  it('says which step is the first that is wrong where it has no name for the mistake', async () => {
    const odd = kernel('o', '', {
      invStd: (variance, convention) => (1 + 0.2 * Math.sin(1e3 * variance)) / Math.sqrt(variance + convention.eps),
    });
    const verdict = await new Diagnostician().verify(
      preparedFor('forward-training/nchw/3x5x7x3/normal/pytorch'),
      await subjectInProcess(odd.open),
    );
    const [best] = verdict.diagnosis!.findings;
    expect(best).toMatchObject({ cause: 'spread taken for another value', certainty: 'possible' });
    expect(best!.says).toContain('the mean and the running variance are right');
  });

  it('has no name for noise, rather than a wrong one', async () => {
    const noise = computing('i', '', (inputs, problem) => {
      const outputs = computeWith({})(inputs, problem);
      const full = outputs.y ?? outputs.dx!;
      full.forEach((value, i) => {
        full[i] = value * (1 + 0.1 * Math.sin(12.9898 * (i + 1) ** 2));
      });
      return outputs;
    });
    const verdict = await new Diagnostician().verify(
      preparedFor('forward-training/nchw/3x5x7x3/normal/pytorch'),
      await subjectInProcess(noise.open),
    );
    expect(verdict.status).toBe('failed');
    expect(verdict.diagnosis?.findings.filter(({ certainty }) => certainty !== 'possible')).toEqual([]);
    expect(verdict.diagnosis?.tested).toBeGreaterThan(200);
  });

  it('is not made of a kernel that is right', async () => {
    const subject = await subjectInProcess(correctVariants[0]!.open);
    const verdict = await new Diagnostician().verify(preparedFor('inference/nchw/3x5x7x3/normal/pytorch'), subject);
    expect(verdict).not.toHaveProperty('diagnosis');
  });
});
