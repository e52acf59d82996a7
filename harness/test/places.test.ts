import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distributionOf, ratioOf, type VisitedSamples } from '../src/measure/distribution.ts';
import { judged, kernel, newFolder } from './commandLine.ts';

const address = 'inference/nchw/4x8x14x14/normal/pytorch';

/** A module with a backend around the naive one, whose openings are counted in `opened`. */
function moduleWith(atOpening: string, wrap = '() => ({})'): { readonly path: string; openings(): number } {
  const folder = newFolder();
  const [path, log] = [join(folder, 'kernel.mjs'), join(folder, 'opened')];
  writeFileSync(log, '');
  writeFileSync(
    path,
    `import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { around } from ${JSON.stringify(pathToFileURL(kernel('around')).href)};
let opened = 0;
const open = around('placed', ${wrap});
export function openBackend(options) {
  opened++;
  appendFileSync(${JSON.stringify(log)}, 'o');
  ${atOpening}
  return open(options);
}`,
  );
  return { path, openings: () => readFileSync(log, 'utf8').length };
}

describe.concurrent('a row of bench', () => {
  it('is timed in several places of memory, between which the backend is opened anew', async () => {
    const { path, openings } = moduleWith('');
    const { status, report } = await judged('bench', '--backend', path, '--case', address);
    const { resident, copy, timesCopy, timesCopyInterval } = report.results[0]!.timing!;
    expect(resident.visits).toBeGreaterThanOrEqual(2);
    expect(copy.visits).toBe(resident.visits);
    // Once at first, once to see whether it can be done, and before each place but the first.
    expect(openings()).toBeGreaterThanOrEqual(1 + resident.visits!);
    expect(timesCopyInterval!.low).toBeLessThanOrEqual(timesCopy);
    expect(timesCopyInterval!.high).toBeGreaterThanOrEqual(timesCopy);
    expect(status).toBe(0);
  });

  it.each([
    { which: 'cannot be opened twice', atOpening: "if (opened > 1) throw new Error('opened twice');" },
    { which: 'ends its process when it is opened a second time', atOpening: 'if (opened > 1) process.exit(7);' },
    {
      which: 'takes long to open',
      atOpening: 'for (const until = performance.now() + 700; performance.now() < until; );',
    },
  ])('is timed where it is, of a backend that $which', async ({ atOpening }) => {
    const { path } = moduleWith(atOpening);
    const { status, report } = await judged('bench', '--backend', path, '--case', address);
    expect(report.results[0]).toMatchObject({ status: 'passed' });
    expect(report.results[0]!.timing).not.toHaveProperty('timesCopyInterval');
    expect(report.results[0]!.timing!.resident).not.toHaveProperty('visits');
    expect(status).toBe(0);
  });

  it('keeps what was measured of a backend that can be opened a few times only', async () => {
    const { path } = moduleWith("if (opened > 4) throw new Error('no more');");
    const { status, report } = await judged('bench', '--backend', path, '--case', address);
    // One opening to see whether it can be done, and the places of the three that are left.
    expect(report.results[0]!.timing!.resident.visits).toBe(3);
    expect(status).toBe(0);
  });

  it('is failed where the results are wrong in places but the first, sooner or later', async () => {
    const { path } = moduleWith(
      '',
      `(plan) => {
  let runs = 0;
  return {
    run() {
      runs++;
      return plan.run();
    },
    read(into) {
      plan.read(into);
      // Only one that is timed is run so often.
      if (runs > 20 && opened > 2) for (const tensor of Object.values(into)) tensor[0] += 1;
    },
  };
}`,
    );
    // What is looked at is drawn anew in each run; the first place is one of many.
    const runs = await Promise.all([1, 2, 3, 4, 5].map(() => judged('bench', '--backend', path, '--case', address)));
    const causes = runs.flatMap(({ report }) => report.results[0]!.cause ?? []);
    expect(causes.length).toBeGreaterThan(0);
    for (const cause of causes) expect(cause).toContain('right when verified, wrong when timed');
  });
});

describe('a ratio over several places', () => {
  /** Samples of as many places as there are factors, each sample of a place times its factor. */
  const samplesOf = (samples: readonly number[], factors: readonly number[]): VisitedSamples => ({
    milliseconds: Float64Array.from(factors.flatMap((factor) => samples.map((sample) => sample * factor))),
    callsPerSample: 1,
    preempted: new Uint8Array(samples.length * factors.length),
    visits: factors.map(() => samples.length),
  });

  it('does not change by what a place does to both', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 2, maxLength: 12 }),
        fc.array(fc.double({ min: 1, max: 1.2, noNaN: true }), { minLength: 1, maxLength: 9 }),
        fc.double({ min: 0.5, max: 4, noNaN: true }),
        (factors, samples, times) => {
          const [run, copy] = [
            samplesOf(
              samples,
              factors.map((factor) => factor * times),
            ),
            samplesOf(samples, factors),
          ];
          const { ratio, interval } = ratioOf(run, copy);
          expect(ratio).toBeCloseTo(times, 9);
          expect(interval!.high - interval!.low).toBeCloseTo(0, 9);
        },
      ),
    );
  });

  it('of one place is that of the medians, and has no interval', () => {
    const one: VisitedSamples = {
      milliseconds: new Float64Array([3, 1, 2]),
      callsPerSample: 1,
      preempted: new Uint8Array(3),
    };
    const other: VisitedSamples = {
      milliseconds: new Float64Array([5, 4, 9]),
      callsPerSample: 1,
      preempted: new Uint8Array(3),
    };
    expect(ratioOf(one, other)).toEqual({ ratio: distributionOf(one).median / distributionOf(other).median });
  });
});
