import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { floatFormats, roundTo } from '../src/vectors/floatFormat.ts';
import type { VectorCase } from '../src/vectors/format.ts';
import { tallyOf, type VectorsOutcome } from '../src/vectors/outcome.ts';
import { kernel, normgauge } from './commandLine.ts';
import { fileWith, folderWith, sampleCase } from './vectorSamples.ts';

const published = { metric: 'rtol/atol', rtol: 1e-3, atol: 1e-7 } as const;
const half = (value: number): number => roundTo(floatFormats.float16, value);
const samples: readonly VectorCase[] = [
  { ...sampleCase({ mode: 'inference', shape: [2, 3, 2], axis: 1, epsilon: 0.01 }), tolerance: published },
  sampleCase({ mode: 'training', shape: [4, 3], axis: 1 }),
  {
    ...sampleCase({ mode: 'backward', shape: [2, 2, 2, 3], axis: 3, round: half, dtype: 'float16' }),
    tolerance: { metric: 'ULP', value: 6 },
  },
  { ...sampleCase({ mode: 'backward-frozen', shape: [5], axis: 0 }), tolerance: { metric: 'ATOL', value: 1e-3 } },
];

/** gamma·x̂ and beta cancel: a correct float32 kernel is thousands of ULP away. */
const beta = -Math.fround(1 / Math.sqrt(1 + 1e-5));
const cancelling: VectorCase = {
  ...sampleCase({ mode: 'inference', shape: [1, 1], axis: 1 }),
  name: 'cancelling',
  x: [1],
  mean: [0],
  variance: [1],
  gamma: [1],
  beta: [beta],
  expected: { y: [Math.fround(1 / Math.sqrt(1 + 1e-5) + beta)] },
  tolerance: { metric: 'ULP', value: 6 },
};

describe.concurrent('normgauge vectors', () => {
  it('replays a file on the reference and a backend, and says how each did', async () => {
    const { status, stdout } = await normgauge('vectors', fileWith(...samples), '--backend', kernel('correct'));
    expect(stdout).toMatch(/reference +4 of 4 within our own bound, .*; 3 of 3 within the published tolerance/);
    expect(stdout).toMatch(/correct +4 of 4 within our own bound, .*; 3 of 3 within the published tolerance/);
    expect(stdout).toMatch(/inference 2x3x2 axis 1 +rtol 0.001, atol 1e-7 +✓/);
    expect(status).toBe(0);
  });

  it('prints JSON that says the same', async () => {
    const run = await normgauge('vectors', fileWith(...samples), '--backend', kernel('correct'), '--json');
    const outcome = JSON.parse(run.stdout) as VectorsOutcome;
    expect(outcome.subjects).toEqual([{ id: 'reference' }, { id: 'correct' }]);
    expect(tallyOf('correct', outcome)).toMatchObject({ cases: 4, withinOurs: 4, withinPublished: 3, failures: 0 });
    expect(run.status).toBe(0);
  });

  it('fails a wrong backend, says where, and the command it prints fails again', async () => {
    const file = fileWith(...samples);
    const run = await normgauge('vectors', file, '--backend', kernel('epsOutside'));
    expect(run.stderr).toMatch(/✗ eps-outside · cases\.json · inference 2x3x2 axis 1 · y: 12 of 12 elements outside/);
    expect(run.stderr).toMatch(/worst at \[\d, \d, \d\]: got \S+, published \S+ \(\S+× the allowed error\)/);
    expect(run.status).toBe(1);
    const reproduce = /reproduce: npx normgauge (vectors .*)/.exec(run.stderr)![1]!;
    const words = [...reproduce.matchAll(/'([^']*)'|(\S+)/g)].map(([, inQuotes, bare]) => inQuotes ?? bare!);
    expect(await normgauge(...words)).toMatchObject({ status: 1 });
  });

  it('passes by its own bound, and by the published tolerance too only with --strict', async () => {
    const args = ['vectors', fileWith(cancelling), '--backend', kernel('float32')];
    const lenient = await normgauge(...args);
    expect(lenient.stdout).toMatch(/float32 +1 of 1 within our own bound, .*; 0 of 1 within the published tolerance/);
    expect(lenient.status).toBe(0);
    const strict = await normgauge(...args, '--strict');
    expect(strict.stderr).toMatch(
      /✗ float32 · cases\.json · cancelling · y: 1 of 1 elements beyond the published 6 ULP/,
    );
    expect(strict.status).toBe(1);
  });

  it('fails the reference itself where what was published is wrong', async () => {
    const [row] = samples;
    const wrong = { ...row!, expected: { y: row!.expected.y!.map((value) => value * 1.01) } };
    const run = await normgauge('vectors', fileWith(wrong), '--backend', 'reference');
    expect(run.stderr).toMatch(/✗ reference · cases\.json · inference 2x3x2 axis 1 · y: /);
    expect(run.status).toBe(1);
  });

  it('goes on after a crash and reports it', async () => {
    const run = await normgauge('vectors', fileWith(...samples), '--backend', kernel('exits'), '--json');
    const outcome = JSON.parse(run.stdout) as VectorsOutcome;
    const statuses = outcome.cases.map(({ replays }) => replays.map(({ status }) => status));
    expect(statuses).toEqual(['crashed', 'crashed', 'crashed', 'passed'].map((status) => ['passed', status]));
    expect(run.status).toBe(1);
  });

  it('shows a backend that this machine cannot run as skipped, and fails with --require', async () => {
    const args = ['vectors', fileWith(...samples), '--backend', kernel('unavailable')];
    const lenient = await normgauge(...args);
    expect(lenient.stdout).toMatch(/^\S+ +skipped: /m);
    expect(lenient.status).toBe(0);
    expect(await normgauge(...args, '--require')).toMatchObject({ status: 4 });
  });

  it.each<{ what: string; args: () => readonly string[]; message: RegExp }>([
    {
      what: 'a damaged file',
      args: () => [folderWith({ 'cut.json': '{"source": "he' })],
      message: /cut\.json: at \$ expected test vectors in JSON, got/,
    },
    {
      what: 'a wrong shape',
      args: () => [fileWith({ ...samples[0], shape: [2, 3, 3] })],
      message: /cases\.json: at \$\.cases\[0\]\.x expected 18 numbers, the product of shape 2x3x3, got 12$/m,
    },
    {
      what: 'an unknown mode',
      args: () => [fileWith({ ...samples[0], mode: 'eval' })],
      message: /cases\.json: at \$\.cases\[0\]\.mode expected one of "inference", .*, got "eval"$/m,
    },
    {
      what: 'a newer format version',
      args: () => [folderWith({ 'new.json': { version: 2, source: 'here', cases: samples } })],
      message: /new\.json: at \$\.version expected 1 or lower, got 2, which a newer normgauge wrote/,
    },
    {
      what: 'an empty folder',
      args: () => [folderWith({})],
      message: /expected \*\.json with test vectors in this folder/,
    },
    {
      what: 'no such case',
      args: () => [fileWith(...samples), '--case', 'nothing'],
      message: /--case nothing: no case/,
    },
    { what: 'no path at all', args: () => [], message: /missing required argument/ },
  ])('refuses $what with one sentence and exit status 2', async ({ args, message }) => {
    const { status, stdout, stderr } = await normgauge('vectors', ...args(), '--backend', 'reference');
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

const shared = fileURLToPath(new URL('../../../shared/data/vectors', import.meta.url));
const present = existsSync(shared);
const remark = present
  ? ''
  : ', skipped: they are not part of this checkout and no folder shared/data/vectors lies beside it';

describe('the published vectors of ONNX and WebNN', () => {
  it.skipIf(!present)(
    `match on the reference and on every backend of ours that this machine can run${remark}`,
    async () => {
      const run = await normgauge('vectors', shared, '--strict', '--json');
      const outcome = JSON.parse(run.stdout) as VectorsOutcome;
      const ran = outcome.subjects.filter(({ unavailable }) => unavailable === undefined).map(({ id }) => id);
      expect(ran).toEqual(expect.arrayContaining(['reference', 'simd-js', 'wasm']));
      for (const id of ran) {
        expect(tallyOf(id, outcome)).toMatchObject({ cases: 28, withinOurs: 28, withinPublished: 28, skipped: 0 });
      }
      expect(run.status).toBe(0);
    },
  );
});
