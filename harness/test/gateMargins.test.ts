import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMargins } from '../src/gate/margins.ts';
import { usualMargins } from '../src/gate/sequential.ts';
import { UsageError } from '../src/usageError.ts';

const row = { case: 'backward/**', reason: 'two kernels in one' };
const margins = (...rows: readonly object[]) =>
  parseMargins(JSON.stringify({ version: 1, margins: rows }), 'gate.json');

describe('margins', () => {
  it('are the usual ones where no row matches', () => {
    expect(margins(row)('wasm', 'inference/nchw/2x3/normal/onnx')).toEqual(usualMargins);
  });

  it('are those of the first row that matches, and the usual ones in what it leaves out', () => {
    const of = margins(
      { ...row, backend: 'webgpu', passBelowPercent: 20 },
      { ...row, failAbovePercent: 3, passBelowPercent: 8 },
      { ...row, failAbovePercent: 0 },
    );
    const id = 'backward/nchw/2x3/normal/onnx';
    expect(of('webgpu', id)).toEqual({ fail: 1.015, pass: 1.2, control: 1.01, reason: row.reason });
    expect(of('wasm', id)).toEqual({ fail: 1.03, pass: 1.08, control: 1.01, reason: row.reason });
  });

  it.each([
    ['{', /^gate\.json: expected JSON, /],
    ['{"version":2,"margins":[]}', /^gate\.json: at \/version it must be equal to constant$/],
    [
      '{"version":1,"margins":[{"case":"**"}]}',
      /^gate\.json: at \/margins\/0 it must have required property 'reason'$/,
    ],
    ['{"version":1,"margins":[{"case":"*","reason":"x","fail":3}]}', /must NOT have additional properties \(fail\)$/],
    ['{"version":1,"margins":[{"case":"*","reason":"x","controlPercent":-1}]}', /controlPercent it must be >= 0$/],
    ['{"version":1,"margins":[{"case":"*","reason":"x","failAbovePercent":4}]}', /must be below passBelowPercent$/],
  ])('%s are refused in one sentence', (text, expected) => {
    expect(() => parseMargins(text, 'gate.json')).toThrow(UsageError);
    expect(() => parseMargins(text, 'gate.json')).toThrow(expected);
  });
});

it('the schema is one that describes every field', () => {
  const schema = JSON.parse(readFileSync(new URL('../src/gate/gate.schema.json', import.meta.url), 'utf8'));
  const { properties } = schema.properties.margins.items;
  for (const field of Object.values(properties)) expect(field).toHaveProperty('description');
});
