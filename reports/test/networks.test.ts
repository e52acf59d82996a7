import { describe, expect, it } from 'vitest';
import { mergeReports, type Network, type Report, type Result, renderTerminal, validateReport } from '../src/index.ts';
import { networkTotals } from '../src/networks.ts';
import { renderHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';
import type { CaseOf } from './sampleResult.ts';

const network: Network = {
  name: 'TwoShapes',
  source: 'this test',
  layout: 'nchw',
  fill: 'normal',
  convention: 'pytorch',
  layers: [
    { shape: [4, 64, 56, 56], times: 3 },
    { shape: [4, 512, 7, 7], times: 2 },
  ],
};
const cases: readonly CaseOf[] = ['inference', 'backward'].flatMap((op) =>
  network.layers.map(({ shape }) => ({
    op,
    layout: 'nchw',
    shape,
    fill: 'normal',
    convention: 'pytorch',
    timed: true,
  })),
);

/** Both layers at times that are easy to add up: 2 ms in 1.7…2.4, and 0.5 ms in 0.1…1.3; the copy is a quarter of that. */
function timed(result: Result): Result {
  const large = result.shape[1] === 64;
  const [median, low, high] = large ? [2, 1.7, 2.4] : [0.5, 0.1, 1.3];
  const distribution = { ...result.timing!.resident, median, interval: { low, high, confidence: 0.95 } };
  return {
    ...result,
    timing: { ...result.timing!, resident: distribution, copy: { ...distribution, median: median / 4 } },
  };
}

function reportOf(change: (result: Result) => Result | undefined = (result) => result): Report {
  const whole = sampleReport({ cases, backends: sampleReport().backends.filter(({ id }) => id === 'wasm') });
  const results = whole.results.flatMap((result) => change(timed({ ...result, status: 'passed' })) ?? []);
  return validateReport({ ...whole, results, networks: [network] });
}

const untimed = (result: Result): Result => {
  const { timing: _, ...rest } = result;
  return { ...rest, status: 'skipped', reason: 'has no <kernel> for it' };
};
const isSmallBackward = ({ op, shape }: Result): boolean => op === 'backward' && shape[1] === 512;

describe('the total of a network', () => {
  it('counts the median of every shape as often as the network has it', () => {
    const [total] = networkTotals(reportOf());
    expect(total).toMatchObject({ op: 'inference', backend: 'wasm', measured: 5, layers: 5, missing: [] });
    expect(total!.milliseconds).toBeCloseTo(3 * 2 + 2 * 0.5, 12);
    expect(total!.copy).toBeCloseTo((3 * 2 + 2 * 0.5) / 4, 12);
    expect(total!.parts).toEqual([6, 1]);
  });

  it('adds the errors of the layers as those of independent measurements', () => {
    const { error } = networkTotals(reportOf())[0]!;
    expect(error!.below).toBeCloseTo(Math.hypot(3 * 0.3, 2 * 0.4), 12);
    expect(error!.above).toBeCloseTo(Math.hypot(3 * 0.4, 2 * 0.8), 12);
  });

  it.each([
    { what: 'that was skipped', change: untimed, why: 'skipped: has no <kernel> for it' },
    { what: 'that is not in the run', change: () => undefined, why: 'not in this run' },
  ])('says of a layer $what that it is missing, and why', ({ change, why }) => {
    const report = reportOf((result) => (isSmallBackward(result) ? change(result) : result));
    const total = networkTotals(report).find(({ op }) => op === 'backward')!;
    expect(total).toMatchObject({ measured: 3, layers: 5, milliseconds: 6 });
    expect(total.missing).toEqual([{ shape: [4, 512, 7, 7], times: 2, why }]);
    const terminal = renderTerminal(report, { columns: 120, colour: false });
    expect(terminal).toMatch(/wasm +inference +5 of 5 +7\.000 +±29 % +4\.00/);
    expect(terminal).toMatch(/backward +3 of 5 +\(6\.000 of a part\)/);
    const page = renderHtml(report);
    expect(page).toContain('3 of 5');
    expect(page).toContain('(6.000 of a part)');
    expect(page).toContain(`4×512×7×7 (2×): ${why.replace('<', '&lt;').replace('>', '&gt;')}`);
  });

  it('claims no error where a report of before has no intervals', () => {
    const report = reportOf((result) => {
      const { interval: _, ...resident } = result.timing!.resident;
      return { ...result, timing: { ...result.timing!, resident } };
    });
    expect(networkTotals(report)[0]).not.toHaveProperty('error');
    expect(renderTerminal(report, { columns: 120, colour: false })).toMatch(/5 of 5 +7\.000 +– +4\.00/);
  });

  it('says nothing of an op that was timed on none of its layers', () => {
    const report = reportOf((result) => (result.op === 'backward' ? untimed(result) : result));
    expect(networkTotals(report).map(({ op }) => op)).toEqual(['inference']);
  });

  it('is put together from the shards of a run', () => {
    const whole = reportOf();
    const shard = (index: number, results: readonly Result[]): Report => ({
      ...whole,
      selection: { ...whole.selection, shard: { index, of: 2 } },
      results,
    });
    const halves = [0, 1].map((k) =>
      shard(
        k + 1,
        whole.results.filter((_, i) => i % 2 === k),
      ),
    );
    const merged = validateReport(mergeReports(halves.map((report, k) => ({ where: `${k}`, report }))));
    expect(merged.networks).toEqual([network]);
    expect(networkTotals(merged).map(({ measured }) => measured)).toEqual([5, 5]);
    expect(networkTotals(halves[0]!).map(({ measured }) => measured)).toEqual([3, 3]);
  });
});
