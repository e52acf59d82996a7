import { inputsOf, outputsOf, type Problem, type Tensors } from '@normgauge/contract';
import type { ProtocolCheck } from '@normgauge/reports';
import type { Guarded } from '../hosts/protocol.ts';

/** Elements of guard zone before and behind every tensor. */
export const guard = 61;
/** A NaN with a payload that no arithmetic makes: what was never written still holds it. */
export const poison = 0x7fc0beef;

/** The elements between the guard zones, as float32. */
export function withoutGuards(words: Uint32Array): Float32Array {
  return new Float32Array(words.buffer, words.byteOffset + guard * 4, words.length - 2 * guard);
}

/** The outputs of one run without their guard zones. */
export function tensorsIn(guarded: Guarded): Tensors {
  return Object.fromEntries(Object.entries(guarded).map(([name, words]) => [name, withoutGuards(words)]));
}

/** One row of the report from what was seen; nothing seen is good. */
export function check(name: string, problems: readonly string[]): ProtocolCheck {
  return problems.length === 0 ? { name, passed: true } : { name, passed: false, message: problems.join('; ') };
}

/** Index of the first word that differs, or −1. */
export function firstDifference(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return i;
  }
  return -1;
}

/** The first word of the guard zones that is no longer poison, or −1. */
function firstOutside(words: Uint32Array): number {
  for (let i = 0; i < guard; i++) {
    if (words[i] !== poison) return i;
    const behind = words.length - 1 - i;
    if (words[behind] !== poison) return behind;
  }
  return -1;
}

function count(words: Uint32Array, wanted: number): number {
  let found = 0;
  for (const word of words) {
    if (word === wanted) found++;
  }
  return found;
}

/** No byte outside a view that `read` was given may change. */
export function checkGuardZones(outputs: readonly Guarded[]): ProtocolCheck {
  return check('guard-zones', [...new Set(outputs.flatMap(outsideIn))]);
}

/** What was written outside the views of one read. */
export function outsideIn(guarded: Guarded): readonly string[] {
  return Object.entries(guarded).flatMap(([name, words]) => {
    const outside = firstOutside(words);
    return outside === -1 ? [] : [`${name}: memory ${outside < guard ? 'before' : 'behind'} the view was written`];
  });
}

/** Every element of every output must be written. */
export function checkComplete(outputs: readonly Guarded[]): ProtocolCheck {
  return check('outputs-complete', [...new Set(outputs.flatMap(incompleteIn))]);
}

/** What was left unwritten in the views of one read. */
export function incompleteIn(guarded: Guarded): readonly string[] {
  return Object.entries(guarded).flatMap(([name, whole]) => {
    const words = whole.subarray(guard, whole.length - guard);
    const left = count(words, poison);
    return left === 0
      ? []
      : [`${name}: ${left} of ${words.length} elements were not written, the first at ${words.indexOf(poison)}`];
  });
}

/** The caller's inputs, and the memory around them, must be as they were. */
export function checkInputsUnchanged(problem: Problem, inputs: Tensors, after: Guarded): ProtocolCheck {
  const seen = inputsOf(problem).flatMap(({ name }) => {
    const words = after[name]!;
    const given = inputs[name]!;
    const before = new Uint32Array(given.buffer, given.byteOffset, given.length);
    const at = firstDifference(before, words.subarray(guard, guard + given.length));
    if (at !== -1) return [`${name}: element ${at} was written`];
    const outside = firstOutside(words);
    return outside === -1 ? [] : [`${name}: memory around the view was written`];
  });
  return check('inputs-unchanged', seen);
}

/** A second run without a new write gives the same bits, though the caller has overwritten its arrays meanwhile. */
export function checkRepeat(
  problem: Problem,
  first: Guarded,
  repeated: Guarded,
  deterministic: boolean,
): ProtocolCheck {
  const seen = outputsOf(problem).flatMap(({ name, length }) => {
    const a = first[name]!.subarray(guard, guard + length);
    const b = repeated[name]!.subarray(guard, guard + length);
    if (!deterministic) return isPoisoned(b) && !isPoisoned(a) ? [`${name}: read the caller's array after write`] : [];
    const at = firstDifference(a, b);
    if (at === -1) return [];
    const poisoned = isPoisoned(b) && !isPoisoned(a);
    return [
      poisoned
        ? `${name}: the second run read the caller's array, which may be overwritten after write`
        : `${name}: element ${at} differs between two runs on the same inputs`,
    ];
  });
  return check('repeatable', seen);
}

/** NaN, as it comes out when poison went in. */
function isPoisoned(words: Uint32Array): boolean {
  const values = new Float32Array(words.buffer, words.byteOffset, words.length);
  return values.some((value) => Number.isNaN(value));
}
