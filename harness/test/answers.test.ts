import type { Backend, Problem } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { declaredBy, supportedBy } from '../src/hosts/process/answers.ts';
import { judged, kernel } from './commandLine.ts';

const { problem } = caseAt('inference/nchw/3x5x7/normal/onnx');

/** A backend as careless code may make it: any value in any place. */
const backendWith = (parts: Readonly<Record<string, unknown>>): Backend => parts as unknown as Backend;
const asksAbout = (parts: Readonly<Record<string, unknown>>): (() => unknown) => {
  return () => supportedBy(backendWith(parts), problem as Problem);
};

describe('what a backend says of itself', () => {
  it.each([
    { supports: () => false, says: 'supports: expected true or the reason why not, got false' },
    { supports: () => '', says: 'supports: expected true or the reason why not, got ""' },
    { supports: () => 1, says: 'supports: expected true or the reason why not, got 1' },
    { supports: async () => true, says: 'supports: expected true or the reason why not, got a promise' },
    {
      supports: () => {
        throw new RangeError('no row for onnx');
      },
      says: 'supports: expected an answer, got RangeError: no row for onnx',
    },
  ])('is refused where supports has no meaning: $says', ({ supports, says }) => {
    expect(asksAbout({ supports })).toThrow(says);
  });

  it.each([
    { numerics: 'careful', says: 'numerics: expected an object, got "careful"' },
    { numerics: null, says: 'numerics: expected an object, got null' },
    {
      numerics: { statistics: 'three-pass' },
      says: 'numerics.statistics: expected one of two-pass, welford, one-pass, got "three-pass"',
    },
    { numerics: { affine: true }, says: 'numerics.affine: expected one of centred, folded, got true' },
    { numerics: { deterministic: 'no' }, says: 'numerics.deterministic: expected true or false, got "no"' },
    { numerics: { invStdError: -1 }, says: 'numerics.invStdError: expected a number ≥ 0 in units of 2⁻²⁴, got -1' },
    { numerics: { reductionDepth: 12 }, says: 'numerics.reductionDepth: expected a function of m, got 12' },
    {
      numerics: { reductionDepth: () => -1 },
      says: 'numerics.reductionDepth(21): expected a number of additions ≥ 0, got -1',
    },
    {
      numerics: { reductionDepth: () => Number.NaN },
      says: 'numerics.reductionDepth(21): expected a number of additions ≥ 0, got NaN',
    },
    {
      numerics: {
        reductionDepth: () => {
          throw new Error('m too small');
        },
      },
      says: 'numerics.reductionDepth: expected an answer, got Error: m too small',
    },
  ])('is refused where the numerics have no meaning: $says', ({ numerics, says }) => {
    expect(asksAbout({ numerics })).toThrow(says);
  });

  it('is passed on where it has one, without what the contract does not know', () => {
    const numerics = {
      statistics: 'welford',
      deterministic: false,
      reductionDepth: (m: number) => m / 8,
      mood: () => 1,
    };
    expect(declaredBy(backendWith({ numerics }))).toEqual({
      statistics: 'welford',
      deterministic: false,
      declaresDepth: true,
    });
    expect(supportedBy(backendWith({ numerics }), problem)).toEqual({ supported: true, depth: 21 / 8 });
    expect(supportedBy(backendWith({ supports: () => 'nchw only' }), problem)).toEqual({ supported: 'nchw only' });
  });

  it.each([
    { name: 'supportsNothingSaid', says: 'supports: expected true or the reason why not, got false' },
    { name: 'negativeDepth', says: 'numerics.reductionDepth(21): expected a number of additions ≥ 0, got -21' },
  ])('makes a failure of the row and no crash of the run: $name', async ({ name, says }) => {
    const address = 'inference/nchw/3x5x7/normal/onnx';
    const { status, report } = await judged('verify', '--backend', kernel(name), '--case', address);
    expect(report.results[0]).toMatchObject({ status: 'failed', cause: says });
    expect(status).toBe(1);
  });
});
