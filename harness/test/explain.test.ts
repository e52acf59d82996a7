import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCorpus } from '../src/mutants/loadCorpus.ts';
import { UsageError } from '../src/usageError.ts';
import { example, kernel, newFolder, normgauge } from './commandLine.ts';

const address = 'inference/nchw/4x3x5x5/tiny-variance/pytorch';

describe('normgauge explain', () => {
  it('shows the errors by tensor and stage, the worst elements, a map and the cause of a failure', async () => {
    const { status, stdout, stderr } = await normgauge('explain', '--backend', example('wrong'), '--case', address);
    expect(stderr).toBe('');
    expect(status).toBe(1);
    for (const part of [
      'diagnosis: eps outside the root (likely): invStd is 1/(√σ² + eps); accounts for 300 of 300 wrong elements',
      'these are the results of darknet',
      'errors by tensor',
      'errors by stage',
      'worst elements and their neighbours in memory',
      'where the errors sit in y',
      'c=2 █',
      `reproduce: npx normgauge explain --backend ${example('wrong')} --case ${address} --seed 1`,
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it('shows the small errors of a kernel that is right, and no cause', async () => {
    const { status, stdout } = await normgauge('explain', '--backend', example('ten-lines'), '--case', address);
    expect(status).toBe(0);
    expect(stdout).toContain('passed');
    expect(stdout).toContain('errors by stage');
    expect(stdout).not.toMatch(/diagnosis|hypotheses|where the errors sit/);
  });

  it('says the same as JSON, with NaN spelled out', async () => {
    const { stdout } = await normgauge('explain', '--backend', example('wrong'), '--case', address, '--json');
    const explained = JSON.parse(stdout);
    expect(explained).toMatchObject({ case: address, seed: 1, verdict: { status: 'failed' } });
    expect(explained.diagnosis.findings[0].cause).toBe('eps outside the root');
    expect(explained.seen.stages.length).toBeGreaterThan(0);
    expect(explained.seen.map.rows.length).toBe(3);
  });

  it.each([
    { args: ['--case', address], says: "required option '--backend" },
    { args: ['--backend', 'wasm'], says: "required option '--case" },
    { args: ['--backend', 'wasm', '--case', 'backward/nchw'], says: '--case backward/nchw: expected one case, got' },
    { args: ['--backend', 'wasm', '--case', 'nothing'], says: '--case nothing: selects nothing' },
    { args: ['--backend', './gone.mjs', '--case', address], says: 'there is no such file' },
    { args: ['--backend', 'wasm', '--case', address, '--suite', 'huge'], says: 'suite "huge": expected one of' },
  ])('refuses $args in one sentence', async ({ args, says }) => {
    const { status, stderr } = await normgauge('explain', ...args);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
  });

  it('says that a backend is not for this machine, and that one exits', async () => {
    const unavailable = await normgauge('explain', '--backend', kernel('unavailable'), '--case', address);
    expect(unavailable.status).toBe(4);
    expect(unavailable.stderr.trim().split('\n')).toHaveLength(1);
    const exits = await normgauge('explain', '--backend', kernel('exits'), '--case', address);
    expect(exits.status).toBe(1);
    expect(exits.stderr).toContain('crashed');
  });
});

describe('normgauge mutants --corpus', () => {
  const corpus = (source: string): string => {
    const path = join(newFolder(), 'corpus.mjs');
    writeFileSync(path, source);
    return path;
  };
  const open = `import { openBackend as wrong } from ${JSON.stringify(kernel('wrongDivisor'))};
import { openBackend as right } from ${JSON.stringify(kernel('correct'))};
`;
  const one = ['--case', 'forward-training/nchw/3x5x7x5/normal/*', '--quiet'];

  it('fails the wrong kernels of somebody else, passes the right ones, and names the cause', async () => {
    const path = corpus(`${open}
export const mutants = [{ id: 'w', family: 'semantics', cause: 'divides by m−1', open: wrong }];
export const correctVariants = [{ id: 'r', does: 'sums in float64', open: right }];`);
    const { status, stdout } = await normgauge('mutants', '--corpus', path, '--diagnose', ...one.slice(0, 2));
    expect(stdout).toContain('✓ 1 of 1 wrong kernels failed, 1 of 1 right ones passed');
    expect(stdout).toContain('diagnosis: the right cause first for 1 of 1 (100.0 %), a wrong one with certainty for 0');
    expect(status).toBe(0);
  });

  it('is not satisfied with a wrong kernel that passes or a right one that fails', async () => {
    const path = corpus(`${open}
export const mutants = [{ id: 'w', family: 'semantics', cause: '?', open: right }];
export const correctVariants = [{ id: 'r', open: wrong }];`);
    const { status, stderr } = await normgauge('mutants', '--corpus', path, ...one);
    expect(stderr).toContain('✗ SURVIVES  w');
    expect(stderr).toContain('✗ FALSE ALARM  r');
    expect(status).toBe(1);
  });

  it.each([
    { source: 'export const kernels = [];', says: 'expected exported mutants or correctVariants, got kernels' },
    { source: 'export const mutants = 3;', says: 'mutants: expected an array, got number' },
    { source: 'export const mutants = [{}];', says: 'mutants[0]: expected an id, got undefined' },
    {
      source: "export const mutants = [{ id: 'a', open: 1 }];",
      says: 'mutants[0] (a): expected open, a function that returns a backend, got number',
    },
    {
      source: "export const mutants = [{ id: 'a', cause: 'c', family: 'magic', open: () => {} }];",
      says: 'mutants[0] (a): expected a family of semantics, gradients',
    },
    { source: 'export const = ;', says: 'cannot be loaded' },
  ])('refuses $source in one sentence', async ({ source, says }) => {
    const refusal = await loadCorpus(corpus(source)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as UsageError).message).toContain(says);
    expect((refusal as UsageError).message).not.toContain('\n');
  });

  it('refuses a file that is not there, with exit status 2', async () => {
    const { status, stderr } = await normgauge('mutants', '--corpus', './gone.mjs', ...one);
    expect(stderr).toContain('--corpus ./gone.mjs: there is no such file');
    expect(status).toBe(2);
  });
});
