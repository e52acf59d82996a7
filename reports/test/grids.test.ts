import { describe, expect, it } from 'vitest';
import { gridsOf } from '../src/grids.ts';
import { type Report, type Result, validateReport } from '../src/index.ts';
import { renderHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';

const channels = [8, 32, 128];
const sides = [4, 8, 16, 32];
const backends = sampleReport().backends.filter(({ id }) => ['simd-js', 'wasm', 'webgpu'].includes(id));

/** × copy that tells where it was measured. */
const expected = (c: number, s: number): number => c / 8 + s / 1000;

function reportOf(shapes: readonly (readonly number[])[], ids: readonly string[] = ['wasm']): Report {
  const cases = shapes.map((shape) => ({
    op: 'inference',
    layout: 'nchw',
    shape,
    fill: 'normal',
    convention: 'pytorch',
    timed: true,
  }));
  const report = sampleReport({ cases, backends: backends.filter(({ id }) => ids.includes(id)) });
  const results = report.results.map((result): Result => {
    const [, c, h, w] = result.shape as [number, number, number, number];
    return { ...result, status: 'passed', timing: { ...result.timing!, timesCopy: expected(c, h * w) } };
  });
  return validateReport({ ...report, results });
}

const whole = channels.flatMap((c) => sides.map((side) => [4, c, side, side]));
const cross = [...channels.map((c) => [4, c, 8, 8]), ...sides.map((side) => [4, 32, side, side])];
const labels = (page: string): readonly string[] =>
  [...page.matchAll(/<title>([^<]*× copy at [^<]*)<\/title>/g)].map(([, label]) => label!);

describe('the grid of a report', () => {
  it('has each channel and spatial size with what was measured there', () => {
    const [grid, ...others] = gridsOf(reportOf(whole));
    expect(others).toEqual([]);
    expect(grid).toMatchObject({ op: 'inference', backend: 'wasm', n: 4, channels, spatial: [16, 64, 256, 1024] });
    expect(grid!.cells).toHaveLength(12);
    for (const { c, s, timesCopy } of grid!.cells) expect(timesCopy).toBeCloseTo(expected(c, s), 12);
  });

  it.each([
    { what: 'two sweeps that cross', shapes: cross },
    { what: 'two channels', shapes: whole.filter(([, c]) => c! < 128) },
    { what: 'different batches', shapes: whole.map(([, ...rest], k) => [1 + k, ...rest]) },
  ])('is not there for $what', ({ shapes }) => {
    const report = reportOf(shapes);
    expect(gridsOf(report)).toEqual([]);
    expect(renderHtml(report)).not.toContain('Channels × spatial size');
  });

  it('leaves out what belongs to a sweep beside it, and a cell that is missing', () => {
    const shapes = [...whole.slice(1), [4, 512, 8, 8], [4, 1024, 8, 8]];
    const [grid] = gridsOf(reportOf(shapes));
    expect(grid!.channels).toEqual(channels);
    expect(grid!.cells).toHaveLength(11);
  });

  it('stands on the page as a number in each cell, whose colour grows with it', () => {
    const page = renderHtml(reportOf(whole));
    expect(labels(page)).toHaveLength(12);
    expect(labels(page)).toContain('1.02 × copy at C = 8, S = 16');
    const cells = [...page.matchAll(/fill-opacity="([\d.]+)"[^>]*><title>([\d.]+) × copy at/g)];
    expect(cells).toHaveLength(12);
    const strengths = cells
      .map(([, strength, value]) => ({ strength: Number(strength), value: Number(value) }))
      .sort((a, b) => a.value - b.value)
      .map(({ strength }) => strength);
    expect(strengths).toEqual(strengths.toSorted((a, b) => a - b));
    expect(strengths[0]).toBeLessThan(0.1);
    expect(strengths.at(-1)).toBeCloseTo(0.9, 2);
  });

  it('is drawn for each backend, but not for an emulation beside real hardware', () => {
    const page = renderHtml(reportOf(whole, ['simd-js', 'wasm', 'webgpu']));
    expect([...page.matchAll(/data-backend="([^"]*)"/g)].map(([, id]) => id)).toEqual(['simd-js', 'wasm']);
    expect(labels(renderHtml(reportOf(whole, ['webgpu'])))).toHaveLength(12);
  });
});
