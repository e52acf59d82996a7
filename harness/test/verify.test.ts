import { describe, expect, it } from 'vitest';
import { example, judged, kernel } from './commandLine.ts';

/** Statuses of a report, by how often. */
function tally(results: readonly { readonly status: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe.concurrent('normgauge verify', () => {
  it('passes a correct kernel from a module outside the harness, in every case of the suite', async () => {
    const { status, report } = await judged('verify', '--backend', kernel('correct'), '--suite', 'smoke');
    expect(tally(report.results)).toEqual({ passed: report.results.length });
    expect(report.results.length).toBeGreaterThan(30);
    expect(status).toBe(0);
  });

  it('passes the ten lines of the examples', async () => {
    const { status, report } = await judged('verify', '--backend', example('ten-lines'), '--suite', 'smoke');
    const { passed, skipped, ...others } = tally(report.results);
    expect(passed).toBeGreaterThanOrEqual(5);
    expect(skipped).toBeGreaterThan(0);
    expect(others).toEqual({});
    expect(status).toBe(0);
  });

  it('fails the wrong example', async () => {
    const { status, report } = await judged('verify', '--backend', example('wrong'), '--suite', 'smoke');
    expect(tally(report.results)['failed']).toBeGreaterThanOrEqual(5);
    expect(status).toBe(1);
  });

  it.each([
    { name: 'wrongDivisor', what: 'm−1 for m', wrong: 'forward-training/nchw/3x5x7x3/normal/pytorch', tensor: 'y' },
    {
      name: 'epsOutside',
      what: 'eps outside the root',
      wrong: 'inference/nchw/4x3x5x5/tiny-variance/pytorch',
      tensor: 'y',
    },
    {
      name: 'skippedLast',
      what: 'the last element of a row skipped',
      wrong: 'inference/nchw/3x5x7x3/normal/pytorch',
      tensor: 'y',
    },
  ])('fails a kernel with $what, and says where', async ({ name, wrong, tensor }) => {
    const { status, stderr, report } = await judged('verify', '--backend', kernel(name), '--suite', 'smoke');
    expect(status).toBe(1);
    const result = report.results.find((row) => row.case === wrong);
    expect(result).toMatchObject({ status: 'failed', grade: 'F' });
    const line = new RegExp(
      `${wrong} · failed: ${tensor}: \\d+ of \\d+ elements outside tolerance, worst at n=\\d+ c=\\d+ s=\\d+: got \\S+, expected \\S+ \\(\\S+× the allowed error\\)`,
    );
    expect(stderr).toMatch(line);
    expect(stderr).toContain(`reproduce: npx normgauge verify --backend ${kernel(name)} --case ${wrong} --seed 1`);
  });

  it.each([
    { name: 'keepsInputs', rule: 'repeatable', says: 'may be overwritten after write' },
    { name: 'overruns', rule: 'guard-zones', says: 'memory behind the view was written' },
    { name: 'unfinished', rule: 'outputs-complete', says: 'runningVar: 5 of 5 elements were not written' },
    { name: 'unrepeatable', rule: 'repeatable', says: 'differs between two runs on the same inputs' },
  ])('fails a kernel that breaks the rule $rule: $name', async ({ name, rule, says }) => {
    const address = 'forward-training/nchw/3x5x7x3/normal/pytorch';
    const { status, report } = await judged('verify', '--backend', kernel(name), '--case', address);
    expect(status).toBe(1);
    expect(report.results[0]!.checks.find((check) => check.name === rule)).toMatchObject({ passed: false });
    expect(report.results[0]!.cause).toContain(says);
  });

  it('sees without the reference that a backward is not the gradient of its own forward', async () => {
    const address = 'backward/nchw/2x3x2/normal/keras';
    const { report } = await judged('verify', '--backend', kernel('otherGradient'), '--case', address);
    const ratios = (method: string): number[] =>
      report.results[0]!.gradients.filter((check) => check.method === method).map(({ ratio }) => Number(ratio));
    expect(Math.max(...ratios('differences'))).toBeGreaterThan(10);
    expect(Math.max(...ratios('oracle'))).toBeLessThanOrEqual(1);
  });

  it('finds the gradient of a correct kernel three ways', async () => {
    const address = 'backward/nchw/3x5x7x3/normal/pytorch';
    const { report } = await judged('verify', '--backend', kernel('correct'), '--case', address);
    const { gradients } = report.results[0]!;
    expect(new Set(gradients.map(({ method }) => method))).toEqual(new Set(['reference', 'oracle', 'differences']));
    expect(gradients.every(({ passed }) => passed)).toBe(true);
    expect(gradients.filter(({ method }) => method === 'differences').map(({ of }) => of)).toEqual([
      'dx, direction 1',
      'dx, direction 2',
      'dx, direction 3',
      'dGamma',
      'dBeta',
    ]);
  });

  it.each([
    { name: 'hang', ended: 'timed-out', says: 'no answer within 1 s; the process was ended' },
    { name: 'exits', ended: 'crashed', says: 'the process ended with exit status 7' },
  ])('makes a result of a backend that does not come back, and goes on: $name', async ({ name, ended, says }) => {
    const args = [
      '--backend',
      kernel(name),
      '--case',
      'inference/nchw/2x3x5/normal/onnx',
      '--case',
      'inference/nchw/2x4x5/normal/onnx',
    ];
    const { status, report } = await judged('verify', ...args, '--time-limit', '1');
    expect(report.results.map((row) => row.status)).toEqual([ended, 'passed']);
    expect(report.results[0]!.cause).toBe(says);
    expect(status).toBe(1);
  });

  it('makes a failure of what a backend throws', async () => {
    const { report } = await judged(
      'verify',
      '--backend',
      kernel('fault'),
      '--case',
      'inference/nhwc/2x3x5/normal/onnx',
    );
    expect(report.results[0]).toMatchObject({ status: 'failed', cause: 'stride table has no entry for nhwc' });
  });

  it('is not disturbed by what a backend prints', async () => {
    const run = await judged(
      'verify',
      '--backend',
      kernel('noisy'),
      '--case',
      'inference/nchw/2x3x5/normal/onnx',
      '--json',
    );
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual(run.report);
  });

  it('skips a backend that this machine cannot run, with the reason, and is not green', async () => {
    const { status, report } = await judged('verify', '--backend', kernel('unavailable'), '--suite', 'smoke');
    expect(tally(report.results)).toEqual({ skipped: report.results.length });
    expect(report.results[0]!.reason).toBe('there is no tensor unit in this machine');
    expect(report.backends[0]!.unavailable).toBe('there is no tensor unit in this machine');
    expect(status).toBe(4);
  });

  it('counts what was skipped as not having run with --require', async () => {
    const args = [
      'verify',
      '--backend',
      kernel('correct'),
      '--backend',
      kernel('unavailable'),
      '--case',
      'inference/nchw/2x3x5/normal/onnx',
    ];
    expect((await judged(...args)).status).toBe(0);
    expect((await judged(...args, '--require')).status).toBe(4);
  });

  it('draws other data from another seed', async () => {
    const worst = async (seed: string): Promise<unknown> => {
      const { report } = await judged(
        'verify',
        '--backend',
        kernel('correct'),
        '--case',
        'inference/nchw/9x3x5/normal/onnx',
        '--seed',
        seed,
      );
      return report.results[0]!.tensors[0]!.worst;
    };
    expect(await worst('1')).toEqual(await worst('1'));
    expect(await worst('1')).not.toEqual(await worst('2'));
  });
});

describe.concurrent('normgauge bench', () => {
  it('gives a row its time, beside the copy of the same run', async () => {
    const address = 'inference/nchw/4x8x14x14/normal/pytorch';
    const { status, report } = await judged('bench', '--backend', kernel('correct'), '--case', address);
    const { timing } = report.results[0]!;
    expect(timing!.elements).toBe(4 * 8 * 14 * 14);
    expect(timing!.resident.samples).toBeGreaterThanOrEqual(5);
    expect(timing!.resident.min).toBeLessThanOrEqual(timing!.resident.median);
    expect(timing!.resident.median).toBeLessThanOrEqual(timing!.resident.p75);
    expect(timing!.timesCopyInterval!.low).toBeLessThanOrEqual(timing!.timesCopy);
    expect(timing!.timesCopyInterval!.high).toBeGreaterThanOrEqual(timing!.timesCopy);
    expect(timing!.traffic.bytes).toBe(2 * 4 * timing!.elements);
    expect(status).toBe(0);
  });

  it('does not time what fails', async () => {
    const address = 'inference/nchw/4x8x14x14/normal/pytorch';
    const { status, report } = await judged('bench', '--backend', kernel('epsOutside'), '--case', address);
    expect(report.results[0]!.timing).toBeUndefined();
    expect(status).toBe(1);
  });

  it('fails a kernel that is right when it is verified and wrong when it is timed', async () => {
    const address = 'inference/nchw/4x8x14x14/normal/pytorch';
    const { report } = await judged('bench', '--backend', kernel('latent'), '--case', address);
    expect(report.results[0]).toMatchObject({ status: 'failed' });
    expect(report.results[0]!.cause).toContain('right when verified, wrong when timed: y: 1 of');
    expect(report.results[0]!.timing).toBeUndefined();
  });
});
