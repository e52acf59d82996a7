import { describe, expect, it } from 'vitest';
import { type Report, type Result, type Sweep, sweepsOf } from '../src/index.ts';
import { completeReport } from './complete.ts';

// In float32: sweeps are of nothing else.
const { dtype: _dtype, ...whole } = completeReport.results[0]!;

function timed(shape: readonly number[], nsPerElement: number, fields: Partial<Result> = {}): Result {
  return { ...whole, status: 'passed', shape, timing: { ...whole.timing, nsPerElement, ofRoof: 0.5 }, ...fields };
}

const reportOf = (results: readonly Result[]): Report => ({ ...completeReport, results });

function describeSweep({ axis, fixed, lines }: Sweep): unknown {
  return {
    axis,
    fixed,
    lines: lines.map(({ backend, points }) => [backend, points.map((p) => [p.at, p.nsPerElement])]),
  };
}

describe('sweepsOf', () => {
  it('finds none in rows of another dtype', () => {
    const results = [1, 2, 4].map((n) => timed([n, 8, 4, 4], 5, { dtype: 'f16' }));
    expect(sweepsOf(reportOf(results))).toEqual([]);
  });

  it.each<[string, readonly (readonly number[])[], string, object]>([
    [
      'batch',
      [
        [1, 8, 4, 4],
        [2, 8, 4, 4],
        [4, 8, 4, 4],
      ],
      'n',
      { c: 8, spatial: 16 },
    ],
    [
      'channels',
      [
        [2, 8, 4, 4],
        [2, 16, 4, 4],
        [2, 32, 4, 4],
      ],
      'c',
      { n: 2, spatial: 16 },
    ],
    [
      'spatial sizes of any rank',
      [
        [2, 8],
        [2, 8, 7],
        [2, 8, 4, 4],
      ],
      'spatial',
      { n: 2, c: 8 },
    ],
  ])('finds three that differ in %s only', (_what, shapes, axis, fixed) => {
    const [sweep, ...others] = sweepsOf(reportOf(shapes.map((shape) => timed(shape, 1))));
    expect(sweep).toMatchObject({ axis, fixed });
    expect(others).toEqual([]);
  });

  it.each<[string, readonly Result[]]>([
    ['two points', [timed([1, 8], 1), timed([2, 8], 1)]],
    ['two sizes that vary at once', [timed([1, 8], 1), timed([2, 16], 1), timed([4, 32], 1)]],
    ['different layouts', [timed([1, 8], 1), timed([2, 8], 1, { layout: 'nhwc' }), timed([4, 8], 1)]],
    ['different conventions', [timed([1, 8], 1), timed([2, 8], 1, { convention: 'keras' }), timed([4, 8], 1)]],
    ['a time of zero', [timed([1, 8], 1), timed([2, 8], 0), timed([4, 8], 1)]],
  ])('finds none in %s', (_what, results) => {
    expect(sweepsOf(reportOf(results))).toEqual([]);
  });

  it('sorts the points, merges fills by their median, and keeps a line a backend', () => {
    const results = [
      timed([4, 8], 3),
      timed([1, 8], 1),
      timed([2, 8], 2),
      timed([2, 8], 4, { fill: 'normal' }),
      ...[1, 2, 4].map((n) => timed([n, 8], 9, { backend: 'simd-js' })),
      timed([1, 8], 5, { backend: 'short' }),
    ];
    expect(sweepsOf(reportOf(results)).map(describeSweep)).toEqual([
      {
        axis: 'n',
        fixed: { c: 8, spatial: 1 },
        lines: [
          [
            'wasm',
            [
              [1, 1],
              [2, 3],
              [4, 3],
            ],
          ],
          [
            'simd-js',
            [
              [1, 9],
              [2, 9],
              [4, 9],
            ],
          ],
        ],
      },
    ]);
  });

  it('draws the roof at the share of it that was reached', () => {
    const [sweep] = sweepsOf(reportOf([1, 2, 4].map((n) => timed([n, 8], 0.5))));
    expect(sweep!.lines[0]!.points.map(({ roof }) => roof)).toEqual([0.25, 0.25, 0.25]);
  });
});
