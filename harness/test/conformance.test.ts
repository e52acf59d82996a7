import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layouts, ops } from '@normgauge/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceOptions, describeConformance } from '../src/conformance/describeConformance.ts';
import { runVitest, type Tried, type VitestRun } from './vitestRun.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const suites = 'harness/test/conformance';

let run: VitestRun;
beforeAll(async () => {
  run = await runVitest(checkout, vitest, '--root', suites);
}, 300_000);

function tried(suite: string, title: string): Tried {
  const found = run.tests.find((test) => test.name.includes(` > ${suite} > `) && test.title === title);
  if (!found) throw new Error(`no test ${suite} > ${title} in\n${run.output}`);
  return found;
}

const keras = (rest: string): string => `${rest}/normal/keras`;

describe("the suite in somebody else's Vitest", () => {
  it('has a test a case, below op and layout, under the path of the module', () => {
    const ofCorrect = run.tests.filter(({ name }) => name.includes('correct.mjs'));
    expect(ofCorrect.map(({ name }) => name).toSorted()).toEqual(
      ops
        .flatMap((op) => layouts.map((layout) => [op, layout, `${op}/${layout}/3x5x7x3/normal/pytorch`]))
        .map((path) => ['verdicts.suite.ts', 'harness/test/kernels/correct.mjs', ...path].join(' > '))
        .toSorted(),
    );
    expect(new Set(ofCorrect.map(({ status }) => status))).toEqual(new Set(['passed']));
  });

  it('fails a wrong kernel with cause, tensor, index, both values, ratio and the command that shows it again', () => {
    const { status, message } = tried('wrong', keras('forward-training/nchw/2x3x2'));
    expect(status).toBe('failed');
    expect(message).toMatch(
      /^Error: ✗ wrong-divisor · forward-training\/nchw\/2x3x2\/normal\/keras · failed: y: \d+ of 12 elements outside tolerance, worst at n=\d c=\d s=\d: got [-\d.]+, expected [-\d.]+ \([\d.]+e\+\d× the allowed error\)/,
    );
    expect(message).toMatch(/\n {2}diagnosis: divides by m−1 \(\w+\): /);
    expect(message).toContain(
      '\n  reproduce: npx normgauge verify --backend harness/test/kernels/wrongDivisor.mjs --case forward-training/nchw/2x3x2/normal/keras --seed 7\n',
    );
  });

  it('points at the line that asked for it', () => {
    expect(tried('wrong', keras('forward-training/nchw/2x3x2')).message).toMatch(/\n +at .*verdicts\.suite\.ts:\d+/);
    expect(tried('wrong', keras('forward-training/nchw/2x3x2')).message).not.toContain('describeConformance.ts');
  });

  it('passes what a wrong kernel does right', () => {
    expect(tried('wrong', keras('inference/nchw/2x3x2')).status).toBe('passed');
  });

  it.each([
    { name: 'hang', says: 'timed-out: no answer within 1 s; the process was ended' },
    { name: 'exits', says: 'crashed: the process ended with exit status 7' },
  ])("fails the case that ends the backend's process, and goes on: $name", ({ name, says }) => {
    const { status, message } = tried(name, keras('inference/nchw/2x3x2'));
    expect(status).toBe('failed');
    expect(message).toContain(says);
    expect(tried(name, keras('inference/nchw/2x4x2')).status).toBe('passed');
    expect(tried(name, keras('backward/nchw/2x4x2')).status).toBe('passed');
  });

  it.each([
    { suite: 'unavailable, require false', reason: 'skipped: there is no tensor unit in this machine' },
    { suite: 'unsupported, require false', reason: 'skipped: does training only' },
    {
      suite: 'weak data',
      reason: 'untrusted: 100 % of the expected dx is zero',
      title: 'backward/nchw/1x2/normal/onnx',
    },
    {
      suite: 'known failure',
      reason: 'known failure until 2099-12-31: as published',
      title: 'inference/nchw/4x3x5x5/tiny-variance/pytorch',
    },
  ])('skips, with the reason, and is not green: $suite', ({ suite, reason, title = keras('inference/nchw/2x3x2') }) => {
    expect(tried(suite, title).status).toMatch(/^(skipped|pending)$/);
    const shown = run.output.split('\n').filter((line) => line.includes(` > ${suite} > `) && line.includes(title));
    expect(shown.join('\n')).toContain(`[${reason}]`);
  });

  it.each([
    { suite: 'unavailable, require true', reason: 'there is no tensor unit in this machine' },
    { suite: 'unsupported, require true', reason: 'does training only' },
  ])('fails what is skipped where everything is required: $suite', ({ suite, reason }) => {
    const { status, message } = tried(suite, keras('inference/nchw/2x3x2'));
    expect(status).toBe('failed');
    expect(message).toContain(reason);
  });

  it('fails a known failure that passes', () => {
    const { status, message } = tried('known failure', 'backward/nchw/2x3x2/normal/pytorch');
    expect(status).toBe('failed');
    expect(message).toContain('take it out of the expectations');
  });

  it('tries the cases under another convention', () => {
    const title = 'inference/nchw/3x5x7x3/normal/eps=0.002,outside-sqrt,m-1,m,w=0.3,guard';
    expect(tried('one convention', title).status).toBe('passed');
  });

  it('does not let a kernel try again', () => {
    expect(tried('tried again', keras('inference/nchw/2x3x2')).status).toBe('failed');
  });

  it('fails the suite of a module that is no backend, once, and runs none of its tests', () => {
    const ofModule = run.tests.filter(({ name }) => name.includes(' > no backend > '));
    expect(ofModule.length).toBeGreaterThan(1);
    expect(ofModule.filter(({ status }) => status === 'passed' || status === 'failed')).toEqual([]);
    const sentence =
      'Error: describeConformance: module harness/test/kernels/wrongExport.mjs: expected an exported function openBackend, got kernel';
    expect(run.output.split(sentence)).toHaveLength(2);
  });

  it('loads a kernel in TypeScript where Node does, and says in one sentence where it does not', () => {
    const { typescript = false } = process.features as { readonly typescript?: string | false };
    const sentence =
      /module harness\/test\/kernels\/typed\.ts: Node [\d.]+ does not load TypeScript \(.*typed\.ts\); use Node ≥ 22\.18, or name the JavaScript/;
    expect(tried('TypeScript', keras('inference/nchw/2x3x2')).status === 'passed').toBe(typescript !== false);
    expect(sentence.test(run.output)).toBe(typescript === false);
  });

  it('leaves the row of the report with the test, for reporters', () => {
    expect(tried('wrong', keras('forward-training/nchw/2x3x2')).row).toMatchObject({
      backend: 'wrong-divisor',
      status: 'failed',
      seed: 7,
      tensors: expect.arrayContaining([expect.objectContaining({ name: 'y', grade: 'F' })]),
    });
  });

  it('ends with the status of a failure', () => {
    expect(run.status).toBe(1);
  });
});

describe('an option that makes no sense', () => {
  const module = new URL('./kernels/correct.mjs', import.meta.url);
  const nothing = {} as ConformanceOptions;

  it.each<{ what: string; options: ConformanceOptions; says: RegExp }>([
    { what: 'no module', options: nothing, says: /module: expected the path or file URL .*, got nothing/ },
    {
      what: 'a kernel itself',
      options: { module: { openBackend: () => undefined } as unknown as string },
      says: /module: expected a path or a file URL, got the module itself; a backend is judged in a process of its own/,
    },
    {
      what: 'a file that is not there',
      options: { module: 'no.mjs' },
      says: /module .*no\.mjs: there is no such file in /,
    },
    {
      what: 'a folder',
      options: { module: new URL('.', module) },
      says: /expected a file, got a folder; name its entry/,
    },
    {
      what: 'a module on a server',
      options: { module: 'https://example.org/kernel.mjs' },
      says: /module: expected a path or a file URL, got "https:/,
    },
    { what: 'a suite', options: { module, suite: 'smoky' }, says: /suite "smoky": expected one of smoke, standard/ },
    { what: 'a case', options: { module, cases: ['forwards/'] }, says: /: cases forwards\/: selects nothing in suite/ },
    {
      what: 'one case that is no list',
      options: { module, cases: 'backward/' as unknown as string[] },
      says: /cases: expected a list, got "backward\/"/,
    },
    { what: 'a convention', options: { module, conventions: ['torch'] }, says: /"torch"/ },
    { what: 'a seed', options: { module, seed: 1.5 }, says: /seed: expected a whole number ≥ 0, got 1.5/ },
    {
      what: 'a time limit',
      options: { module, timeLimit: 0 },
      says: /timeLimit: expected a number of seconds > 0, got 0/,
    },
    {
      what: 'expectations',
      options: { module, expectations: 'no.json' },
      says: /: expectations .*no\.json: expected a JSON/,
    },
    {
      what: 'an option',
      options: { module, case: [] } as ConformanceOptions,
      says: /option: expected one of name, module, suite, .*, got "case"/,
    },
  ])('is an error with one sentence: $what', ({ options, says }) => {
    expect(() => describeConformance(options)).toThrow(/^describeConformance: /);
    expect(() => describeConformance(options)).toThrow(says);
  });
});
