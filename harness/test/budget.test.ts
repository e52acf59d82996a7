import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../reports/test/sampleResult.ts';
import { caseAt } from '../src/cases/case.ts';
import { openCandidate, subjectOf } from '../src/commands/subjects.ts';
import type { Samples } from '../src/hosts/protocol.ts';
import { spend } from '../src/measure/budget.ts';
import { distributionOf } from '../src/measure/distribution.ts';
import { callsIn, joinVisits, type Taken } from '../src/measure/timing.ts';
import { prepareInputs } from '../src/verify/prepare.ts';
import { judged, kernel, newFolder, normgauge } from './commandLine.ts';

/** A row whose times are drawn around 1 with a known spread, and what a visit to it takes. */
interface Drawn {
  readonly spread: number;
  readonly cost: number;
}

const samplesAVisit = 20;

function simulate(drawn: readonly Drawn[], budget: number, seed: number) {
  const random = seeded(seed);
  let left = budget;
  const rows = drawn.map((row) => ({ ...row, samples: [] as number[], visits: 0 }));
  const look = (row: (typeof rows)[number]): void => {
    for (let k = 0; k < samplesAVisit; k++) row.samples.push(1 + row.spread * (random() - 0.5));
  };
  const interval = ({ samples }: (typeof rows)[number]) =>
    distributionOf({ milliseconds: Float64Array.from(samples), callsPerSample: 1, preempted: new Uint8Array() })
      .interval!;
  rows.forEach(look);
  return {
    rows,
    look,
    interval,
    run: () =>
      spend({
        rows,
        stateOf: (row) => ({ uncertainty: (interval(row).high - interval(row).low) / 2, cost: row.cost }),
        left: () => left,
        async visit(row) {
          left -= row.cost;
          row.visits++;
          look(row);
        },
      }),
    left: () => left,
  };
}

describe('time that is spread over rows', () => {
  it('is spent to within the cheapest visit and never overspent, whatever the rows cost', async () => {
    const row = fc.record({
      spread: fc.double({ min: 0, max: 1, noNaN: true }),
      cost: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 1000 }),
        async (drawn, budget) => {
          const { rows, run, left } = simulate(drawn, budget, 3);
          await run();
          expect(left()).toBeGreaterThanOrEqual(0);
          expect(left()).toBeLessThan(Math.min(...rows.map(({ cost }) => cost)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('goes to the rows that are least sure', async () => {
    const { rows, run } = simulate(
      [0.01, 0.02, 0.4, 0.8].map((spread) => ({ spread, cost: 1 })),
      100,
      5,
    );
    await run();
    const [first, second, third, fourth] = rows.map(({ visits }) => visits) as [number, number, number, number];
    expect(first + second).toBeLessThan(5);
    expect(third).toBeGreaterThan(10);
    expect(fourth).toBeGreaterThanOrEqual(third);
  });

  it('goes to the cheaper of two rows of which as little is known', async () => {
    const visited: string[] = [];
    let left = 10;
    const rows = [
      { name: 'dear', cost: 9 },
      { name: 'cheap', cost: 2 },
    ];
    await spend({
      rows,
      stateOf: ({ cost }) => ({ uncertainty: 1, cost }),
      left: () => left,
      async visit({ name, cost }) {
        visited.push(name);
        left -= cost;
      },
    });
    expect(visited).toEqual(['cheap', 'cheap', 'cheap', 'cheap', 'cheap']);
  });

  it('makes the widest interval narrower than the same time in equal shares does', async () => {
    const drawn = [0.01, 0.01, 0.01, 0.01, 0.01, 0.5].map((spread) => ({ spread, cost: 1 }));
    const spread = simulate(drawn, 120, 7);
    await spread.run();
    const shared = simulate(drawn, 120, 7);
    for (let k = 0; k < 120; k++) shared.look(shared.rows[k % 6]!);
    const widest = ({ rows, interval }: typeof spread): number =>
      Math.max(...rows.map((row) => interval(row).high - interval(row).low));
    expect(widest(spread)).toBeLessThan(0.75 * widest(shared));
  });

  it('is not all given to a row that never settles', async () => {
    const { rows, run } = simulate(
      [{ spread: 1e6, cost: 1 }, ...[0.1, 0.2, 0.3].map((spread) => ({ spread, cost: 1 }))],
      80,
      9,
    );
    await run();
    expect(rows[0]!.visits).toBe(40);
    expect(rows.slice(1).reduce((sum, { visits }) => sum + visits, 0)).toBe(40);
  });

  it('leaves intervals that still hold the true median, although who is visited depends on what was seen', async () => {
    let covered = 0;
    let all = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const { rows, interval, run } = simulate(
        [0.1, 0.2, 0.3, 0.4].map((spread) => ({ spread, cost: 1 })),
        24,
        seed,
      );
      await run();
      for (const row of rows) {
        all++;
        if (interval(row).low <= 1 && 1 <= interval(row).high) covered++;
      }
    }
    expect(covered / all).toBeGreaterThan(0.93);
  });
});

/** What each sample of a visit lasted by the backend's own clock, milliseconds a call, where so many calls came after them. */
function ownSamples(
  spans: readonly (readonly [number, number])[],
  after: number,
  { milliseconds, callsPerSample }: Samples,
): readonly number[] {
  const before = spans.length - after - milliseconds.length * callsPerSample;
  return [...milliseconds.keys()].map((k) => {
    const first = before + k * callsPerSample;
    return (spans[first + callsPerSample - 1]![1] - spans[first]![0]) / callsPerSample;
  });
}

/** Times a kernel of known delay in two visits: the samples of the harness, and those by the clock of the kernel. */
async function timedTwice(delay: number, milliseconds: number): Promise<{ taken: Taken; own: readonly number[] }> {
  const log = join(newFolder(), 'spans.ndjson');
  Object.assign(process.env, { NORMGAUGE_TEST_DELAY: String(delay), NORMGAUGE_TEST_LOG: log });
  const candidate = await openCandidate(kernel('delays'));
  try {
    const row = caseAt('inference/nchw/1x2x4/normal/pytorch');
    const sets = [1, 2].map((seed) => prepareInputs(row, seed).inputs);
    const subject = subjectOf(candidate, { request: 60_000 });
    const visit = (earlier?: Taken) =>
      subject.time({
        problem: row.problem,
        inputSets: sets,
        milliseconds,
        places: 1,
        endToEndMilliseconds: 0,
        deviceMilliseconds: 1,
        leastSample: 0.1,
        ...(earlier && { calls: callsIn(earlier) }),
      });
    const spans = () =>
      readFileSync(log, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line): [number, number] => JSON.parse(line));
    // Behind them, end to end: 1 + 2 + 4 … until a sample is long enough, where that is not known; two samples that do not count; those that do.
    const endToEnd = ({ callsPerSample: calls, milliseconds: { length } }: Samples, known: boolean): number =>
      (known ? 0 : 2 * calls - 1) + (2 + length) * calls;
    const first = await visit();
    const own = [...ownSamples(spans(), endToEnd(first.endToEnd, false), first.resident)];
    const second = await visit(first);
    own.push(...ownSamples(spans(), endToEnd(second.endToEnd, true), second.resident));
    expect(second.resident.callsPerSample).toBe(first.resident.callsPerSample);
    return { taken: joinVisits(first, second), own };
  } finally {
    await candidate.host.close();
  }
}

const medianOf = (samples: readonly number[]): number =>
  distributionOf({ milliseconds: Float64Array.from(samples), callsPerSample: 1, preempted: new Uint8Array() }).median;

describe('a delay that a backend makes, and measures itself', () => {
  it.each([
    { what: '100 ms', delay: 100, milliseconds: 350 },
    { what: '22 µs', delay: 0.022, milliseconds: 60 },
    { what: '20 µs', delay: 0.02, milliseconds: 60 },
    { what: '2 µs', delay: 0.002, milliseconds: 60 },
  ])('of $what lies in the interval of two visits together', async ({ delay, milliseconds }) => {
    const { taken, own } = await timedTwice(delay, milliseconds);
    const samples = [...taken.resident.milliseconds];
    expect(samples).toHaveLength(own.length);
    // The harness reads its clock before and after the kernel does.
    for (const [k, sample] of samples.entries()) expect(sample).toBeGreaterThanOrEqual(own[k]!);
    const { interval, median, callsPerSample } = distributionOf(taken.resident);
    // What the harness adds to a sample: it calls, and reads its clock.
    const added = medianOf(samples.map((sample, k) => sample - own[k]!));
    expect(added * callsPerSample).toBeLessThan(0.02);
    expect(interval!.low - added).toBeLessThanOrEqual(medianOf(own));
    expect(interval!.high).toBeGreaterThanOrEqual(medianOf(own));
    expect(median).toBeGreaterThan(0.75 * delay);
  });
});

/** A module with a backend around the naive one. */
function moduleWith(source: string): string {
  const path = join(newFolder(), 'kernel.mjs');
  writeFileSync(path, `import { around } from ${JSON.stringify(pathToFileURL(kernel('around')).href)};${source}`);
  return path;
}

describe.concurrent('normgauge bench --budget', () => {
  const address = 'inference/nchw/4x8x14x14/normal/pytorch';
  const bench = (name: string, budget: string) =>
    judged('bench', '--backend', kernel(name), '--case', address, '--budget', budget);

  it('says so when there is no time to be spread, and still times every row', async () => {
    const { status, stderr, report } = await bench('correct', '0.001');
    expect(stderr).toContain('--budget 0.001: verification and a short look at each case took');
    expect(report.selection.budget).toBe(0.001);
    expect(report.results[0]!.timing!.resident.samples).toBeGreaterThanOrEqual(5);
    expect(status).toBe(0);
  });

  it('makes a result of a backend that is lost when it is timed again, and goes on', async () => {
    const { status, report } = await bench('timedOnce', '60');
    expect(report.results[0]).toMatchObject({ status: 'crashed' });
    expect(report.results[0]!.cause).toContain('the process ended with exit status 9');
    expect(report.results[0]).not.toHaveProperty('timing');
    expect(status).toBe(1);
  });

  it('comes back to a row whose first times could not be true, and believes those that can', async () => {
    // The copy that the backend makes is 50 ms slow for as long as `bench` alone, or the first visits of one with a budget, last.
    const path = moduleWith(`
let closed = 0;
export const openBackend = around('slow-copy-at-first', (plan, { shape }) => ({
  copy() {
    const until = performance.now() + (closed < 18 ? 50 : 0.01);
    while (performance.now() < until);
  },
  close() {
    if (shape.c === 8) closed++;
    plan.close();
  },
}));`);
    const once = await judged('bench', '--backend', path, '--case', address);
    expect(once.report.results[0]).toMatchObject({ status: 'invalid' });
    const { status, report } = await judged('bench', '--backend', path, '--case', address, '--budget', '15');
    expect(report.results[0]).toMatchObject({ status: 'passed' });
    expect(report.results[0]).not.toHaveProperty('reason');
    expect(report.results[0]!.timing!.resident.visits).toBeGreaterThanOrEqual(2);
    expect(status).toBe(0);
  });

  it('does not come back for ever to a row whose times cannot be true', async () => {
    const path = moduleWith(`
export const openBackend = around('slow-copy', (plan) => ({
  copy() {
    const until = performance.now() + 5;
    while (performance.now() < until);
  },
}));`);
    const { status, report } = await judged('bench', '--backend', path, '--case', address, '--budget', '30');
    expect(report.results[0]).toMatchObject({ status: 'invalid' });
    expect(report.results[0]).not.toHaveProperty('timing');
    expect(report.seconds).toBeLessThan(20);
    expect(status).toBe(3);
  });

  it('is over soon although the backend hangs when it is closed', async () => {
    const path = moduleWith(`
const open = around('never-closed', () => ({}));
export const openBackend = (options) => ({ ...open(options), close: () => new Promise(() => setInterval(() => {}, 1000)) });`);
    const { report } = await judged('bench', '--backend', path, '--case', address, '--budget', '8');
    // Two times what closing may take: once for a move, once at the end.
    expect(report.seconds).toBeLessThan(8 + 10 + 4);
    expect(report.results[0]).toMatchObject({
      status: 'timed-out',
      cause: expect.stringContaining('when it was closed'),
    });
  });

  it.each([
    { whose: 'can be opened again in its process', again: '' },
    { whose: 'cannot', again: "if (opened > 1) throw new Error('opened twice');" },
    { whose: 'ends its process over it', again: 'if (opened > 1) process.exit(7);' },
  ])('comes back to a row of a backend that $whose, and has visits of it', async ({ again }) => {
    const log = join(newFolder(), 'opened');
    const path = moduleWith(`
import { appendFileSync } from 'node:fs';
import process from 'node:process';
const open = around('counts-openings', () => ({}));
let opened = 0;
export function openBackend(options) {
  opened++;
  appendFileSync(${JSON.stringify(log)}, 'o');
  ${again}
  return open(options);
}`);
    const { status, report } = await judged('bench', '--backend', path, '--case', address, '--budget', '15');
    const { samples, visits, interval } = report.results[0]!.timing!.resident;
    // How many there are time for is for the machine to say, which runs other tests beside this one.
    expect(visits).toBeGreaterThanOrEqual(2);
    expect(samples).toBeGreaterThan(visits!);
    expect(interval!.low).toBeLessThan(interval!.high);
    expect(readFileSync(log, 'utf8').length).toBeGreaterThanOrEqual(2);
    expect(status).toBe(0);
  });

  it.each([
    { args: ['--budget', '0'], says: 'expected a number of seconds > 0' },
    { args: ['--budget', '9', '--resume'], says: 'cannot be used with' },
  ])('is refused: $args', async ({ args, says }) => {
    const { status, stderr } = await normgauge('bench', ...args);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
  });
});
