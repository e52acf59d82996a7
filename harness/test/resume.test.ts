import { appendFileSync, copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport, type Report, type Result } from '@normgauge/reports';
import { beforeAll, describe, expect, it } from 'vitest';
import { readInterruptedRun } from '../src/commands/interruptedRun.ts';
import type { RunIdentity } from '../src/commands/runIdentity.ts';
import { kernel, newFolder, normgauge, stopped } from './commandLine.ts';

const smoke = [
  'verify',
  '--backend',
  kernel('correct'),
  '--backend',
  kernel('wrongDivisor'),
  '--suite',
  'smoke',
  '--case',
  '*/nchw/**',
];

function reportIn(folder: string): Report {
  const path = join(folder, 'report.json');
  return parseReport(readFileSync(path, 'utf8'), path);
}

function linesIn(folder: string): readonly string[] {
  return readFileSync(join(folder, 'results.ndjson'), 'utf8').split('\n').slice(0, -1);
}

/** A report without what differs between two runs that are the same. */
function withoutTimes(report: Report): object {
  const { startedAt, seconds, environment, results, ...rest } = report;
  return { ...rest, results: results.map(({ seconds: _, ...result }) => result) };
}

describe('a run that was stopped half way and goes on with --resume', () => {
  let uninterrupted: Report;

  beforeAll(async () => {
    const out = newFolder();
    await normgauge(...smoke, '--out', out);
    uninterrupted = reportIn(out);
  });

  it.each([{ signals: ['SIGKILL'] }, { signals: ['SIGINT'] }, { signals: ['SIGKILL', 'SIGKILL', 'SIGTERM'] }] as const)(
    'by $signals ends with the report of a run that was not',
    async ({ signals }) => {
      const out = newFolder();
      const before: (readonly string[])[] = [];
      for (const [k, signal] of signals.entries()) {
        await stopped(signal, out, ...smoke, ...(k === 0 ? [] : ['--resume']));
        before.push(linesIn(out));
      }
      const { startedAt } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as { readonly startedAt: string };
      const { status, stderr } = await normgauge(...smoke, '--out', out, '--resume');
      const total = uninterrupted.results.length;
      expect(before.at(-1)!.length).toBeLessThan(total);
      expect(stderr).toContain(`--resume: ${before.at(-1)!.length} of ${total} results were there\n`);
      for (const lines of before) expect(linesIn(out).slice(0, lines.length)).toEqual(lines);
      expect(linesIn(out).length).toBe(total);
      const report = reportIn(out);
      expect(withoutTimes(report)).toEqual(withoutTimes(uninterrupted));
      expect(report.startedAt).toBe(startedAt);
      expect(status).toBe(1);
    },
  );
});

const cases = [4, 5, 6].map((c) => `inference/nchw/2x${c}x5/normal/onnx`);
const threeCases = ['verify', '--backend', kernel('correct'), ...cases.flatMap((address) => ['--case', address])];

describe('--resume', () => {
  it('begins where there is no run, and has nothing to do where one is complete', async () => {
    const out = join(newFolder(), 'new');
    const first = await normgauge(...threeCases, '--out', out, '--resume');
    expect(first).toMatchObject({ status: 0, stderr: '--resume: 0 of 3 results were there\n' });
    const lines = linesIn(out);
    const second = await normgauge(...threeCases, '--out', out, '--resume');
    expect(second).toMatchObject({ status: 0, stderr: '--resume: 3 of 3 results were there\n' });
    expect(linesIn(out)).toEqual(lines);
    expect(reportIn(out).results.length).toBe(3);
  });

  it('is what it takes: without it a run begins anew', async () => {
    const out = newFolder();
    await normgauge(...threeCases, '--out', out);
    await normgauge(...threeCases, '--out', out, '--seed', '2');
    expect(reportIn(out).results.map(({ seed }) => seed)).toEqual([2, 2, 2]);
    expect(linesIn(out).length).toBe(3);
  });

  it('refuses a kernel that was changed meanwhile, in one sentence, and touches nothing', async () => {
    const out = newFolder();
    const module = join(newFolder(), 'module.mjs');
    copyFileSync(kernel('../../../examples/ten-lines'), module);
    const args = ['verify', '--backend', module, ...cases.flatMap((address) => ['--case', address]), '--out', out];
    await normgauge(...args);
    appendFileSync(module, '// Faster now.\n');
    const before = readFileSync(join(out, 'run.json'), 'utf8');
    const { status, stderr } = await normgauge(...args, '--resume');
    expect(stderr).toMatch(
      /^normgauge: --resume: the run in \S+ is another one: the selection of backends was ten-lines/,
    );
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(2);
    expect(readFileSync(join(out, 'run.json'), 'utf8')).toBe(before);
    expect(linesIn(out).length).toBe(3);
  });
});

describe('a folder to go on in', () => {
  let folder: string;
  let identity: RunIdentity;

  beforeAll(async () => {
    folder = newFolder();
    await normgauge(...threeCases, '--out', folder);
    identity = (JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { readonly run: RunIdentity }).run;
  });

  function copy(): string {
    const path = join(newFolder(), 'copy');
    cpSync(folder, path, { recursive: true });
    return path;
  }

  it.each<{ what: string; change: Partial<RunIdentity>; says: string }>([
    { what: 'tool', change: { tool: '99.0.0' }, says: 'the version of normgauge was 0.1.0 and is 99.0.0' },
    { what: 'command', change: { command: 'bench' }, says: 'the command was verify and is bench' },
    { what: 'suite', change: { suite: 'full' }, says: 'the suite was standard and is full' },
    { what: 'seed', change: { seed: 7 }, says: 'the seed was 1 and is 7' },
    {
      what: 'list of cases',
      change: { cases: [...cases, 'inference/nchw/1x1x3/normal/onnx'] },
      says: 'there were 3 cases and are 4, inference/nchw/1x1x3/normal/onnx not in both',
    },
    {
      what: 'convention',
      change: { cases: cases.map((id) => id.replace('onnx', 'cudnn')) },
      says: `there were 3 cases and are 3, ${cases[0]!.replace('onnx', 'cudnn')} not in both`,
    },
    {
      what: 'version of a backend',
      change: { backends: [{ id: 'correct', version: '2' }] },
      says: 'and is correct 2',
    },
    { what: 'list of backends', change: { backends: [] }, says: 'the selection of backends was correct ' },
    { what: 'list of known failures', change: { expectations: '' }, says: 'the known failures are others' },
    { what: 'machine', change: { machine: 'a toaster' }, says: 'and is a toaster' },
  ])('is refused where the $what is another', ({ change, says }) => {
    const refusal = () => readInterruptedRun(folder, { ...identity, ...change });
    expect(refusal).toThrow(says);
    expect(refusal).toThrow(/Ask for the same, or leave --resume out to begin anew$/);
  });

  it('may have its cases and backends named in another order', () => {
    expect(readInterruptedRun(folder, { ...identity, cases: identity.cases.toReversed() })!.results.length).toBe(3);
  });

  const first = (lines: readonly string[]): Result => JSON.parse(lines[0]!);

  it.each<{ what: string; damage: (lines: readonly string[]) => readonly string[]; says: string }>([
    {
      what: 'is no JSON',
      damage: ([a, b, ...rest]) => [a!, b!.slice(0, 100), ...rest],
      says: 'results.ndjson:2: expected a result in JSON, got "{',
    },
    {
      what: 'is no result',
      damage: (lines) => [...lines, '{"backend":"correct"}'],
      says: 'results.ndjson:4: at $.case expected a value, got nothing',
    },
    {
      what: 'has a status that is none',
      damage: (lines) => [JSON.stringify({ ...first(lines), status: 'perfect' }), ...lines.slice(1)],
      says: 'results.ndjson:1: at $.status expected one of',
    },
    {
      what: 'is of another backend',
      damage: (lines) => [...lines, JSON.stringify({ ...first(lines), backend: 'wasm' })],
      says: `results.ndjson:4: expected a result of this run, got one of wasm on ${cases[0]} with seed 1`,
    },
    {
      what: 'is of another seed',
      damage: (lines) => [JSON.stringify({ ...first(lines), seed: 2 })],
      says: `results.ndjson:1: expected a result of this run, got one of correct on ${cases[0]} with seed 2`,
    },
    {
      what: 'comes twice',
      damage: (lines) => [...lines, lines[1]!],
      says: `results.ndjson:4: expected one result of correct on ${cases[1]}, got another in line 2`,
    },
    {
      what: 'is empty',
      damage: ([a, ...rest]) => [a!, '', ...rest],
      says: 'results.ndjson:2: expected a result in JSON, got ""',
    },
  ])('is refused where a line of its results $what', ({ damage, says }) => {
    const damaged = copy();
    writeFileSync(
      join(damaged, 'results.ndjson'),
      damage(linesIn(damaged))
        .map((line) => `${line}\n`)
        .join(''),
    );
    const refusal = () => readInterruptedRun(damaged, identity);
    expect(refusal).toThrow(says);
    expect(refusal).toThrow(/; leave --resume out to begin anew$/);
  });

  it('knows about each backend what was learned up to its last result, and not of a case that has none', () => {
    const path = copy();
    const known = (failures: number) => ({
      failures,
      recomputed: 7 * failures,
      accounts: { 'eps missing': 1 },
      first: {},
    });
    const line = (address: string, failures: number) =>
      `${JSON.stringify({ backend: 'correct', case: address, experience: known(failures) })}\n`;
    const file = join(path, 'experience.ndjson');
    writeFileSync(
      file,
      line(cases[0]!, 1) + line('inference/nchw/9x9x9/normal/onnx', 2) + line(cases[1]!, 3).slice(0, 9),
    );
    const { learned, wholeLines } = readInterruptedRun(path, identity)!;
    expect([...learned]).toEqual([['correct', known(1)]]);
    expect(readFileSync(file, 'utf8').slice(wholeLines.get('experience.ndjson'))).toBe(line(cases[1]!, 3).slice(0, 9));
  });

  it.each([
    { what: 'is no JSON', line: '{', says: 'experience.ndjson:1: expected what was learned in JSON, got "{"' },
    { what: 'is something else', line: '{}', says: 'experience.ndjson:1: at the top it must have required property' },
  ])('is refused where a line of what was learned $what', ({ line, says }) => {
    const damaged = copy();
    writeFileSync(join(damaged, 'experience.ndjson'), `${line}\n`);
    expect(() => readInterruptedRun(damaged, identity)).toThrow(says);
  });

  it.each([
    { what: 'is missing', text: undefined, says: 'there is no run.json beside it that says of which run' },
    { what: 'is cut short', text: '{"format":1,', says: 'run.json: expected JSON, got ' },
    { what: 'is something else', text: '{"format":1}', says: 'run.json: at the top it must have required property' },
    { what: 'is of a later form', text: '{"format":2}', says: 'run.json: ' },
  ])('is refused where the file that says what it is $what', ({ text, says }) => {
    const damaged = copy();
    const path = join(damaged, 'run.json');
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
    expect(() => readInterruptedRun(damaged, identity)).toThrow(says);
  });

  it('loses the last line where that was being written, wherever it was cut', () => {
    const torn = copy();
    const path = join(torn, 'results.ndjson');
    const whole = readFileSync(path);
    const twoLines = whole.subarray(0, whole.lastIndexOf('\n', whole.length - 2) + 1);
    for (const end of [twoLines.length, twoLines.length + 1, whole.length - 40, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, end));
      const { results, wholeLines } = readInterruptedRun(torn, identity)!;
      expect(results.map((result) => result.case)).toEqual(cases.slice(0, 2));
      expect(wholeLines.get('results.ndjson')).toBe(twoLines.length);
    }
  });

  it('has its torn line taken out before the run goes on', async () => {
    const torn = copy();
    const path = join(torn, 'results.ndjson');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.slice(0, -25));
    const { status } = await normgauge(...threeCases, '--out', torn, '--resume');
    expect(status).toBe(0);
    expect(linesIn(torn).map((line) => (JSON.parse(line) as Result).case)).toEqual(cases);
    expect(existsSync(join(torn, 'report.json'))).toBe(true);
  });
});
