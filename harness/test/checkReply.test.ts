import { conventionNamed, inputsOf, outputsOf, type Problem, type TensorSlot } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { replyFault } from '../src/hosts/checkReply.ts';
import type { ExchangeKind, ExecuteRequest, ScriptRequest, TimeRequest } from '../src/hosts/protocol.ts';

const problem: Problem = {
  op: 'inference',
  shape: { n: 2, c: 3, spatial: [5] },
  layout: 'nchw',
  dtype: 'f32',
  affine: true,
  convention: conventionNamed('pytorch')!,
};
const guard = 7;

function words(slots: readonly TensorSlot[]): { [name: string]: Uint32Array } {
  return Object.fromEntries(slots.map(({ name, length }) => [name, new Uint32Array(length + 2 * guard)]));
}

const execute: ExecuteRequest = { problem, inputSets: [{}, {}], guard, poison: 0, repeat: true };
const script: ScriptRequest = {
  steps: [
    { act: 'open', plan: 0, problem },
    { act: 'together', steps: [{ act: 'read', plan: 0, only: ['y'], shared: false }] },
    { act: 'look', read: 0 },
    { act: 'misuse', problem, inputs: {}, views: {} },
  ],
  inputSets: [],
  guard,
  poison: 0,
};
const time: TimeRequest = {
  ...{ problem, inputSets: [{}], places: 2, leastSample: 0.1 },
  ...{ milliseconds: 1, endToEndMilliseconds: 1, deviceMilliseconds: 1 },
};

const set = (): { [name: string]: Uint32Array } => words(outputsOf(problem));
const samples = { milliseconds: new Float64Array([0.5]), callsPerSample: 1, preempted: new Uint8Array(1) };
const clocked = { nanoseconds: new Float64Array([4e5]), milliseconds: new Float64Array([0.5]), callsPerSample: 4 };
const device = { run: clocked, copy: clocked, quantum: 32 };
const good = {
  open: { id: 'a', version: '1', declared: { declaresDepth: false } },
  supports: { supported: 'does nchw only', depth: 3 },
  execute: { outputs: [set(), set()], repeated: set(), inputsAfter: words(inputsOf(problem)) },
  script: { reads: [set(), set()], refusals: ['RangeError: no'] },
  time: {
    resident: samples,
    copy: samples,
    endToEnd: samples,
    places: [1],
    copiedBy: 'harness',
    cores: 1,
    device,
    outputs: [{ y: new Float32Array(30) }],
  },
  settle: {},
  close: {},
};
const requests: { readonly [kind: string]: object } = { supports: { problem }, execute, script, time };

function faultOf(kind: ExchangeKind, reply: unknown): string | undefined {
  return replyFault(kind, (requests[kind] ?? {}) as never, reply);
}

describe('an answer of the process of a backend', () => {
  it.each(Object.entries(good))('to %s is taken as it should be', (kind, reply) => {
    expect(faultOf(kind as ExchangeKind, reply)).toBeUndefined();
  });

  it('to time may come from a device without a clock', () => {
    expect(faultOf('time', { ...good.time, device: undefined })).toBeUndefined();
  });

  it.each(Object.keys(good))('to %s is never nothing', (kind) => {
    for (const reply of [undefined, null, 7, 'y']) expect(faultOf(kind as ExchangeKind, reply)).toBe('it is empty');
  });

  it.each<{ kind: keyof typeof good; change: object; says: string }>([
    { kind: 'open', change: { id: '' }, says: 'id is no text' },
    { kind: 'open', change: { version: 2 }, says: 'version is no text' },
    { kind: 'open', change: { declared: undefined }, says: 'declared is missing' },
    { kind: 'open', change: { device: 'gpu' }, says: 'device has not the fields that the contract gives it' },
    { kind: 'supports', change: { supported: '' }, says: 'supported is neither true nor a reason' },
    { kind: 'supports', change: { depth: Number.NaN }, says: 'depth is no number ≥ 0' },
    { kind: 'execute', change: { outputs: [set()] }, says: 'outputs is no list of 2' },
    { kind: 'execute', change: { outputs: [set(), {}] }, says: 'outputs[1].y is no Uint32Array' },
    { kind: 'execute', change: { repeated: undefined }, says: 'repeated is missing' },
    { kind: 'execute', change: { repeated: { y: new Uint32Array(30) } }, says: 'repeated.y has 30 elements, not 44' },
    { kind: 'execute', change: { repeated: { y: new Float32Array(44) } }, says: 'repeated.y is no Uint32Array' },
    {
      kind: 'execute',
      change: { inputsAfter: { ...words(inputsOf(problem)), z: new Uint32Array(3) } },
      says: 'inputsAfter has a tensor z that nobody asked for',
    },
    { kind: 'script', change: { reads: [set()] }, says: 'reads is no list of 2' },
    { kind: 'script', change: { reads: { length: 2 } }, says: 'reads is no list of 2' },
    { kind: 'script', change: { refusals: [] }, says: 'refusals is no list of 1' },
    { kind: 'script', change: { refusals: [7] }, says: 'refusals[0] is no text' },
    { kind: 'time', change: { copiedBy: 'nobody' }, says: 'copiedBy names nobody' },
    { kind: 'time', change: { places: undefined }, says: 'places is no list of how many samples each had' },
    { kind: 'time', change: { places: [1, 0] }, says: 'places is no list of how many samples each had' },
    { kind: 'time', change: { places: [1, 1] }, says: 'places has 2 samples, and there are others' },
    { kind: 'time', change: { stays: 'here' }, says: 'stays is no reason' },
    { kind: 'time', change: { cores: Number.NaN }, says: 'cores is no number of cores' },
    { kind: 'time', change: { copy: { ...samples, callsPerSample: 0 } }, says: 'copy has no count of calls' },
    {
      kind: 'time',
      change: { resident: { ...samples, milliseconds: new Float64Array([-1]) } },
      says: 'resident has a sample that is no time',
    },
    {
      kind: 'time',
      change: { endToEnd: { ...samples, preempted: new Uint8Array(2) } },
      says: 'endToEnd does not say which samples were disturbed',
    },
    { kind: 'time', change: { device: 7 }, says: 'device is no set of samples' },
    { kind: 'time', change: { device: { ...device, quantum: -1 } }, says: 'device.quantum is no time' },
    { kind: 'time', change: { device: { ...device, copy: undefined } }, says: 'device.copy is missing' },
    ...[Number.NaN, -4, 0, Number.POSITIVE_INFINITY].map((nanoseconds) => ({
      kind: 'time' as const,
      change: { device: { ...device, run: { ...clocked, nanoseconds: new Float64Array([nanoseconds]) } } },
      says: 'device.run has a sample that is no time',
    })),
    {
      kind: 'time',
      change: { device: { ...device, run: { ...clocked, milliseconds: new Float64Array([1, 2]) } } },
      says: 'device.run has samples by one clock only',
    },
    {
      kind: 'time',
      change: { device: { ...device, run: { ...clocked, callsPerSample: 0.5 } } },
      says: 'device.run has no count of calls',
    },
    { kind: 'time', change: { outputs: [{ y: new Float32Array(3) }] }, says: 'outputs[0].y has 3 elements, not 30' },
  ])('to $kind is refused, since $says', ({ kind, change, says }) => {
    expect(faultOf(kind, { ...good[kind], ...change })).toBe(says);
  });
});
