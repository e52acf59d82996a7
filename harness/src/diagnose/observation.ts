import {
  elementsPerChannel,
  outputsOf,
  type Problem,
  positionsOf,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import type { ExactTensors } from '@normgauge/reference';
import type { ProtocolCheck } from '@normgauge/reports';
import { correct, type Indices, type Place, placeOf } from '../stepwise/steps.ts';
import { indicesOf, inputsOn, onChannels } from '../verify/channels.ts';
import { errorRatio } from '../verify/compare.ts';
import { outputIndices, type PreparedSet } from '../verify/prepare.ts';
import { guard, poison, tensorsIn } from '../verify/protocol.ts';
import type { Subject } from '../verify/subject.ts';
import type { Witnessed } from '../verify/verifyCase.ts';

type Outputs = { readonly [name in TensorName]?: Float32Array };

/** A failed verification of one case, all that a diagnosis goes by. */
export interface Failure {
  readonly prepared: PreparedSet;
  /** Absent when the backend threw before it answered. */
  readonly witnessed?: Witnessed;
  readonly checks: readonly ProtocolCheck[];
  /** To ask once more, where it can be asked. */
  readonly subject?: Subject;
}

/** One failed case as hypotheses see it: a few whole channels of it, both sides of every output. */
export interface Observation {
  readonly problem: Problem;
  /** Numbers of these channels in the whole tensor. */
  readonly channels: readonly number[];
  readonly inputs: Tensors;
  readonly expected: ExactTensors;
  readonly got: Outputs;
  readonly repeated: Outputs | undefined;
  readonly unwritten: { readonly [name in TensorName]?: (i: number) => boolean };
  /** Allowed errors, an element each. */
  readonly allowed: { readonly [name in TensorName]?: Float64Array };
  /** What a one-pass kernel would be allowed. */
  readonly onePass: (name: TensorName) => Float64Array;
  readonly checks: readonly ProtocolCheck[];
  /** Elements per channel. */
  readonly m: number;
  /** Elements outside the allowed error, over all outputs. */
  readonly wrong: number;
  /** Largest error as a share of the allowed one. */
  readonly headroom: number;
  /** Which elements are wrong; 1 where it is. */
  readonly mask: { readonly [name in TensorName]?: Uint8Array };
}

/** Elements that hypotheses are tried on; whole channels, at least two. */
const budget = 24_000;

/** The channels to look at: all of a small problem, else the one with most errors and its neighbours. */
function channelsToLookAt(sampled: Problem, worst: number): readonly number[] {
  const m = elementsPerChannel(sampled.shape);
  const wanted = Math.min(sampled.shape.c, Math.max(2, Math.floor(budget / m)));
  const first = Math.max(0, Math.min(worst, sampled.shape.c - wanted));
  return Array.from({ length: wanted }, (_, k) => first + k);
}

function take<T extends Float32Array | Float64Array>(values: T, indices: Uint32Array): T {
  const taken = new (values.constructor as new (length: number) => T)(indices.length);
  for (let k = 0; k < indices.length; k++) taken[k] = values[indices[k]!]!;
  return taken;
}

function channelOfWorst({ sampled, expected }: PreparedSet, got: Outputs, limits: Witnessed['limits']): number {
  const { shape, layout } = sampled;
  const positions = positionsOf(shape);
  for (const { name, extent } of outputsOf(sampled)) {
    const allowed = limits(name).verdict;
    const at = expected[name]!.findIndex((value, k) => !(errorRatio(got[name]![k]!, value, allowed[k]!) <= 1));
    if (at === -1) continue;
    if (extent !== 'full') return at;
    return layout === 'nhwc' ? at % shape.c : Math.floor(at / positions) % shape.c;
  }
  return 0;
}

/** Cuts what was witnessed down to a size that hypotheses can be tried on. */
export function observe({ prepared, checks }: Failure, witnessed: Witnessed): Observation {
  const { reply, limits } = witnessed;
  const first = reply.outputs[0]!;
  const outputs = tensorsIn(first);
  const repeated = reply.repeated && tensorsIn(reply.repeated);
  const { sampled, sampledInputs, channels } = prepared;
  const whole = outputIndices(prepared);
  const onSampled = (outputs: Outputs): Outputs =>
    Object.fromEntries(outputsOf(sampled).map(({ name }) => [name, take(outputs[name]!, whole[name]!)]));
  const gotSampled = onSampled(outputs);
  const kept = channelsToLookAt(sampled, channelOfWorst(prepared, gotSampled, limits));
  const problem = onChannels(sampled, kept);
  const slots = outputsOf(sampled).map((slot) => ({ slot, indices: indicesOf(slot, sampled, kept) }));
  const cut = <T extends Float32Array | Float64Array>(tensors: { readonly [name in TensorName]?: T }) =>
    Object.fromEntries(slots.map(({ slot, indices }) => [slot.name, take(tensors[slot.name]!, indices)])) as {
      [name in TensorName]?: T;
    };
  const verdicts = Object.fromEntries(slots.map(({ slot }) => [slot.name, limits(slot.name).verdict]));
  const expected = cut(prepared.expected);
  const got = cut(gotSampled);
  const allowed = cut<Float64Array>(verdicts);
  const unwritten = Object.fromEntries(
    slots.map(({ slot: { name }, indices }) => {
      const words = first[name]!;
      const inWhole = whole[name]!;
      return [name, (k: number) => words[guard + inWhole[indices[k]!]!] === poison];
    }),
  );
  const mask: { [name in TensorName]?: Uint8Array } = {};
  let wrong = 0;
  let headroom = 0;
  for (const { slot } of slots) {
    const { name } = slot;
    const marks = new Uint8Array(got[name]!.length);
    for (let k = 0; k < marks.length; k++) {
      const ratio = errorRatio(got[name]![k]!, expected[name]![k]!, allowed[name]![k]!);
      if (!(ratio <= 1)) {
        marks[k] = 1;
        wrong++;
      }
      headroom = Math.max(headroom, ratio);
    }
    mask[name] = marks;
  }
  return {
    problem,
    channels: kept.map((k) => channels[k]!),
    inputs: inputsOn(sampled, sampledInputs, kept),
    expected,
    got,
    repeated: repeated && cut(onSampled(repeated)),
    unwritten,
    allowed,
    onePass: (name) => {
      const { indices } = slots.find(({ slot }) => slot.name === name)!;
      return take(limits(name).c(), indices);
    },
    checks,
    m: elementsPerChannel(problem.shape),
    wrong,
    headroom,
    mask,
  };
}

/** Where channel c of the observation lies. */
export function placeIn({ problem }: Observation, c: number): Place {
  return placeOf(problem, c);
}

/** Indices of the elements of channel c, sample by sample. */
export function elementsIn(seen: Observation, c: number): Indices {
  return correct.elements(placeIn(seen, c));
}

/** The output that has an element for every x: y or dx. */
export function fullOutput({ problem: { op } }: Observation): 'y' | 'dx' {
  return op === 'forward-training' || op === 'inference' ? 'y' : 'dx';
}
