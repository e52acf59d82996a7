import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Expectation, Expectations, readExpectations } from '../src/cases/expectations.ts';
import { judged, kernel, newFolder, normgauge } from './commandLine.ts';

const row: Expectation = {
  backend: 'eps-outside',
  case: 'inference/**',
  status: 'failed',
  reason: 'published with eps outside the root',
  until: '2099-12-31',
};

function fileOf(content: unknown): string {
  const path = join(newFolder(), 'expectations.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const address = 'inference/nchw/4x3x5x5/tiny-variance/pytorch';

describe.concurrent('an expectation', () => {
  it('excuses the failure that it names, with its reason in the report', async () => {
    const args = ['verify', '--backend', kernel('epsOutside'), '--case', address, '--expectations', fileOf([row])];
    const { status, report } = await judged(...args);
    expect(report.results[0]).toMatchObject({
      status: 'failed',
      excused: { reason: 'published with eps outside the root', until: '2099-12-31' },
    });
    expect(status).toBe(0);
  });

  it('excuses nothing of another backend', async () => {
    const args = ['verify', '--backend', kernel('epsOutside'), '--case', address];
    const expectations = fileOf([{ ...row, backend: 'wrong-divisor' }]);
    expect((await judged(...args, '--expectations', expectations)).status).toBe(1);
  });

  it('that no longer comes true is a failure', async () => {
    const expectations = fileOf([{ ...row, backend: 'correct' }]);
    const args = ['verify', '--backend', kernel('correct'), '--case', address, '--expectations', expectations];
    const { status, report } = await judged(...args);
    expect(report.results[0]).toMatchObject({ status: 'failed' });
    expect(report.results[0]!.cause).toContain('take it out of the expectations');
    expect(status).toBe(1);
  });

  it('counts up to its last day', async () => {
    const { report } = await judged('verify', '--backend', kernel('epsOutside'), '--case', address);
    const result = report.results[0]!;
    const until = (day: string): unknown => new Expectations([row], day).apply(result).excused;
    expect(until('2099-12-31')).toBeDefined();
    expect(until('2100-01-01')).toBeUndefined();
  });
});

describe('an expectations file', () => {
  it.each([
    { what: 'not JSON', content: '{', says: 'expected a JSON file, got' },
    { what: 'not an array', content: row, says: 'at the top it must be array' },
    {
      what: 'without a reason',
      content: [{ ...row, reason: undefined }],
      says: "at /0 it must have required property 'reason'",
    },
    {
      what: 'with a day that is none',
      content: [{ ...row, until: 'soon' }],
      says: 'at /0/until it must match format "date"',
    },
    {
      what: 'that excuses a pass',
      content: [{ ...row, status: 'passed' }],
      says: 'at /0/status it must be equal to one of',
    },
    {
      what: 'with a field too many',
      content: [{ ...row, why: '' }],
      says: 'at /0 it must NOT have additional properties',
    },
  ])('$what is refused in one sentence', ({ content, says }) => {
    const path = fileOf(content);
    expect(() => readExpectations(path)).toThrow(`--expectations ${path}: `);
    expect(() => readExpectations(path)).toThrow(says);
  });

  it('that is not there ends the command with status 2', async () => {
    const { status, stderr } = await normgauge('verify', '--suite', 'smoke', '--expectations', 'gone.json');
    expect(stderr).toContain('--expectations gone.json: expected a JSON file');
    expect(status).toBe(2);
  });
});
