import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Calibration,
  calibrationRow,
  calibrationTable,
  describeCalibration,
  keepCalibration,
  readCalibrations,
  type Trial,
} from '../src/gate/calibration.ts';
import { shareFor } from '../src/gate/tuneShare.ts';
import { newFolder, normgauge } from './commandLine.ts';

let cache: string;
beforeEach(() => {
  cache = newFolder();
  process.env['NORMGAUGE_CACHE'] = cache;
});
afterEach(() => {
  delete process.env['NORMGAUGE_CACHE'];
});

const trial = (conclusion: Trial['conclusion'], ratio: number, seconds: number): Trial => ({
  conclusion,
  ratio,
  seconds,
});

const calibration: Calibration = {
  backend: 'wasm',
  version: '0.1.0',
  measuredAt: '2026-01-02T03:04:05.000Z',
  cases: ['inference/nchw/2x3/normal/onnx'],
  rows: [
    calibrationRow(0, [
      ...Array.from({ length: 299 }, (_, k) => trial('pass', 1, k / 100)),
      trial('inconclusive', 1.03, 9),
    ]),
    calibrationRow(0.05, [trial('fail', 1.05, 1), trial('fail', 1.06, 2), trial('pass', 1.02, 3)]),
  ],
  load: [0.5, 1.5],
  software: false,
};

describe('a calibration', () => {
  it('counts what became of the trials, with bounds of what that says', () => {
    const [unchanged, more] = calibration.rows;
    expect(unchanged).toMatchObject({
      failed: { hits: 0, of: 300 },
      passed: { hits: 299 },
      inconclusive: 1,
      invalid: 0,
    });
    // None in 300: at most 1 − 0.05^(1/300).
    expect(unchanged!.failed.high).toBeCloseTo(0.00994, 4);
    expect(unchanged!.medianSeconds).toBeCloseTo(1.495, 9);
    expect(more).toMatchObject({ seen: 1.05, medianSeconds: 2, failed: { hits: 2, of: 3 } });
  });

  it('is said in one line', () => {
    expect(describeCalibration(calibration)).toBe(
      'calibration of wasm on this machine, 2026-01-02 at load 0.5–1.5: unchanged code failed in 0 of 300 (≤ 0.994 %), +5 % found in 2 of 3 (≥ 13.5 %) (bounds at 95 %)',
    );
    expect(calibrationTable([calibration])).toHaveLength(3);
  });

  it('is kept for this machine until another one of the same backend', () => {
    expect(readCalibrations()).toEqual({});
    keepCalibration(calibration);
    keepCalibration({ ...calibration, backend: 'simd-js' });
    keepCalibration({ ...calibration, version: '0.2.0' });
    expect(Object.keys(readCalibrations()).sort()).toEqual(['simd-js', 'wasm']);
    expect(readCalibrations()['wasm']).toEqual({ ...calibration, version: '0.2.0' });
    expect(readCalibrations('another machine')).toEqual({});
  });

  it('that is damaged is none', () => {
    const path = keepCalibration(calibration);
    for (const text of ['{', 'null', '{"version":2}', '[]']) {
      writeFileSync(path, text);
      expect(readCalibrations()).toEqual({});
    }
  });
});

describe('the share of work that takes so much more time', () => {
  it('is found on a line through two pilots, of which a call alone costs something', () => {
    const seen = (share: number) => ({ share, seen: 0.01 + 0.9 * share });
    expect(shareFor(0.05, seen(0.02), seen(0.12))).toBeCloseTo(0.04 / 0.9, 9);
  });

  it.each([
    ['a call alone costs more', { share: 0.02, seen: 0.2 }, { share: 0.12, seen: 0.3 }],
    ['more work took no more time', { share: 0.02, seen: 0.03 }, { share: 0.12, seen: 0.02 }],
  ])('is none where %s', (_why, low, high) => {
    expect(shareFor(0.05, low, high)).toBeUndefined();
  });
});

describe('gate --calibrate', () => {
  it('runs the gate on unchanged code and on more work, and the gate then tells of it', async () => {
    const usual = ['--backend', 'simd-js', '--case', 'inference/nchw/100x8x14x14/normal/pytorch'];
    const { status, stdout } = await normgauge('gate', '--calibrate', '--trials', '1', ...usual);
    expect(stdout).toMatch(/^simd-js +none .* of 1 \(≤ /m);
    expect(stdout).toMatch(/^simd-js +\+10 % .* of 1 \(≥ /m);
    expect(status).toBe(0);
    expect(readdirSync(join(cache, 'calibrations'))).toHaveLength(1);
    const row = readCalibrations()['simd-js']!.rows.find(({ extraWork }) => extraWork === 0.1)!;
    // It really does more: half of what was asked for and twice of it leave room for a busy machine.
    expect(row.seen).toBeGreaterThan(1.03);
    expect(row.seen).toBeLessThan(1.3);
    // Pilots, and a trial of each kind: two minutes here when nothing else runs.
  }, 400_000);

  it.each([
    [['--calibrate', '--base', 'HEAD'], /leave --base out/],
    [
      ['--calibrate', '--node-flags=--no-opt'],
      /--calibrate measures arms that share a process: leave --node-flags out/,
    ],
    [['--calibrate', '--apart'], /leave --apart out/],
    [[], /say what to compare with/],
  ])('%j makes no sense', async (args, expected) => {
    const { status, stderr } = await normgauge('gate', ...args);
    expect(stderr).toMatch(expected);
    expect(status).toBe(2);
  });
});
