import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { correctVariants, mutants } from '../src/mutants/corpus.ts';
import { subjectInProcess } from '../src/mutants/inProcess.ts';
import { prepareInputs } from '../src/verify/prepare.ts';
import { type Verdict, verifyCase } from '../src/verify/verifyCase.ts';

async function verdictOf(id: string, address: string): Promise<Verdict> {
  const { open } = [...mutants, ...correctVariants].find((variant) => variant.id === id)!;
  return verifyCase({ ...prepareInputs(caseAt(address), 1), oracles: [] }, await subjectInProcess(open));
}

const training = 'forward-training/nchw/6x9x9x7';

describe('a declaration that the results contradict', () => {
  it.each([
    {
      id: 'one-pass-clamped',
      address: `${training}/large-mean-1e4/pytorch`,
      says: 'declares nothing, which is read as two-pass statistics but errs like one-pass, by more than a declaration excuses',
    },
    {
      id: 'one-pass-as-welford',
      address: `${training}/large-mean-1e2/pytorch`,
      says: 'declares welford statistics but errs like one-pass',
    },
    {
      id: 'one-pass-declared',
      address: `${training}/large-mean-1e2/pytorch`,
      says: 'errs within what its declared class may give, but by more than a declaration excuses',
    },
    {
      id: 'sequential-as-tree',
      address: 'forward-training/nchw/64x3x33x33/large-mean-1e4/pytorch',
      says: 'declares sums of depth 17 but errs like sums in one accumulator',
    },
    {
      id: 'folded-undeclared',
      address: 'inference/nchw/6x9x9x7/large-mean-1e4/pytorch',
      says: 'declares nothing, which is read as a centred affine step but errs like a folded one, which would pass if it were declared',
    },
    {
      id: 'flush-inputs',
      address: `${training}/subnormal/pytorch`,
      says: 'declares nothing, which is read as no flush to zero but errs like a kernel that flushes to zero, which would pass if it were declared',
    },
    {
      id: 'nan-as-zero',
      address: `${training}/nan-in-one-channel/pytorch`,
      says: 'declares nothing, which is read as IEEE non-finite values but is wrong only where there are some',
    },
    {
      id: 'random-race-declared',
      address: 'inference/nchw/6x9x9x7/normal/onnx',
      says: 'repeatable: in the second run on the same inputs, y: 1 of 3402 elements outside tolerance',
    },
    {
      id: 'random-1-in-50-small',
      address: 'inference/nchw/3x5x7x5/normal/onnx',
      says: 'only a backend that declares itself nondeterministic may do that',
    },
  ])('is named in the failure: $id', async ({ id, address, says }) => {
    const { status, cause } = await verdictOf(id, address);
    expect(status).toBe('failed');
    expect(cause).toContain(says);
  });

  it.each(['divisor-m-1', 'eps-1e-3', 'inverse-root-16-bits', 'gamma-next', 'sum-without-last'])(
    'is not made up where another mistake is as small: %s',
    async (id) => {
      const { status, cause } = await verdictOf(id, `${training}/normal/pytorch`);
      expect(status).toBe('failed');
      expect(cause).not.toContain('but errs like');
    },
  );

  it.each(['one-pass-shifted', 'welford', 'flush-to-zero', 'unspecified-nan', 'float32-nondeterministic', 'folded'])(
    'is a declaration all the same where they do not: %s',
    async (id) => {
      for (const fill of ['large-mean-1e4', 'subnormal', 'nan-in-one-channel']) {
        expect(await verdictOf(id, `${training}/${fill}/pytorch`)).toMatchObject({ status: 'passed' });
      }
    },
  );
});
