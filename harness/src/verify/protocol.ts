import { inputsOf, outputsOf, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import type { ProtocolCheck } from '@normgauge/reports';
import { f16round } from '@petamoriken/float16';
import type { Guarded } from '../hosts/protocol.ts';

/** Elements of guard zone before and behind every tensor. */
export const guard = 61;
/** A NaN with a payload that no arithmetic makes: what was never written still holds it. */
export const poison = 0x7fc0beef;

/** The elements between the guard zones, as float32. */
export function withoutGuards(words: Uint32Array, zone: number = guard): Float32Array {
  return new Float32Array(words.buffer, words.byteOffset + zone * 4, words.length - 2 * zone);
}

/** The outputs of one run without their guard zones. */
export function tensorsIn(guarded: Guarded, zone: number = guard): Tensors {
  return Object.fromEntries(Object.entries(guarded).map(([name, words]) => [name, withoutGuards(words, zone)]));
}

/** One row of the report from what was seen; nothing seen is good. */
export function check(name: string, problems: readonly string[]): ProtocolCheck {
  return problems.length === 0 ? { name, passed: true } : { name, passed: false, message: problems.join('; ') };
}

const bytesOf = (words: Uint32Array): Buffer => Buffer.from(words.buffer, words.byteOffset, words.byteLength);

/** Index of the first word that differs, or −1. */
export function firstDifference(a: Uint32Array, b: Uint32Array): number {
  // Nearly always, and the engine compares memory ten times as fast as any loop.
  if (bytesOf(a).equals(bytesOf(b))) return -1;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return i;
  }
  return -1;
}

/** The first word of the guard zones that is no longer poison, or −1. */
function firstOutside(words: Uint32Array, zone: number): number {
  for (let i = 0; i < zone; i++) {
    if (words[i] !== poison) return i;
    const behind = words.length - 1 - i;
    if (words[behind] !== poison) return behind;
  }
  return -1;
}

function count(words: Uint32Array, wanted: number): number {
  let found = 0;
  for (let at = words.indexOf(wanted); at !== -1; at = words.indexOf(wanted, at + 1)) found++;
  return found;
}

/** No byte outside a view that `read` was given may change. */
export function checkGuardZones(outputs: readonly Guarded[]): ProtocolCheck {
  return check('guard-zones', [...new Set(outputs.flatMap((guarded) => outsideIn(guarded)))]);
}

/** What was written outside the views of one read. */
export function outsideIn(guarded: Guarded, zone: number = guard): readonly string[] {
  return Object.entries(guarded).flatMap(([name, words]) => {
    const outside = firstOutside(words, zone);
    return outside === -1 ? [] : [`${name}: memory ${outside < zone ? 'before' : 'behind'} the view was written`];
  });
}

/** Every element of every output must be written. */
export function checkComplete(outputs: readonly Guarded[]): ProtocolCheck {
  return check('outputs-complete', [...new Set(outputs.flatMap((guarded) => incompleteIn(guarded)))]);
}

/** What was left unwritten in the views of one read. */
export function incompleteIn(guarded: Guarded, zone: number = guard): readonly string[] {
  return Object.entries(guarded).flatMap(([name, whole]) => {
    const words = whole.subarray(zone, whole.length - zone);
    const left = count(words, poison);
    return left === 0
      ? []
      : [`${name}: ${left} of ${words.length} elements were not written, the first at ${words.indexOf(poison)}`];
  });
}

/** What a problem of dtype f16 gives for y or dx are values of float16: others were never stored as it says. */
export function checkStored(problem: Problem, outputs: readonly Guarded[]): ProtocolCheck {
  const full = outputsOf(problem).filter(({ extent }) => extent === 'full');
  const seen = outputs.flatMap((guarded) =>
    full.flatMap(({ name }) => {
      const values = withoutGuards(guarded[name]!);
      const at = values.findIndex((value) => f16round(value) !== value && !Number.isNaN(value));
      return at === -1 ? [] : [`${name}: element ${at} is ${values[at]}, which float16 does not have`];
    }),
  );
  return check('stored-as-f16', [...new Set(seen)]);
}

/** The caller's inputs, and the memory around them, must be as they were. */
export function checkInputsUnchanged(problem: Problem, inputs: Tensors, after: Guarded): ProtocolCheck {
  const seen = inputsOf(problem).flatMap(({ name }) => {
    const words = after[name]!;
    const given = inputs[name]!;
    const before = new Uint32Array(given.buffer, given.byteOffset, given.length);
    const at = firstDifference(before, words.subarray(guard, guard + given.length));
    if (at !== -1) return [`${name}: element ${at} was written`];
    const outside = firstOutside(words, guard);
    return outside === -1 ? [] : [`${name}: memory around the view was written`];
  });
  return check('inputs-unchanged', seen);
}

/** A second run without a new write gives the same bits, though the caller has overwritten its arrays meanwhile. */
export function checkRepeat(problem: Problem, first: Guarded, repeated: Guarded): ProtocolCheck {
  const seen = wordsOf(problem, first, repeated).flatMap(({ name, a, b }) => {
    const at = firstDifference(a, b);
    if (at === -1) return [];
    return [
      isPoisoned(b) && !isPoisoned(a)
        ? readLate(name)
        : `${name}: element ${at} differs between two runs on the same inputs; only a backend that declares itself nondeterministic may do that`,
    ];
  });
  return check('repeatable', seen);
}

/**
 * The same for a backend that declares itself nondeterministic: other bits, but no other results.
 *
 * @param wrong how the second run disagrees with the reference, if it does
 */
export function checkRepeatLoosely(
  problem: Problem,
  first: Guarded,
  repeated: Guarded,
  wrong: string | undefined,
): ProtocolCheck {
  const late = wordsOf(problem, first, repeated).find(({ a, b }) => isPoisoned(b) && !isPoisoned(a));
  if (late) return check('repeatable', [readLate(late.name)]);
  return check('repeatable', wrong === undefined ? [] : [`in the second run on the same inputs, ${wrong}`]);
}

const readLate = (name: string): string =>
  `${name}: the second run read the caller's array, which may be overwritten after write`;

function wordsOf(
  problem: Problem,
  first: Guarded,
  repeated: Guarded,
): readonly { readonly name: TensorName; readonly a: Uint32Array; readonly b: Uint32Array }[] {
  return outputsOf(problem).map(({ name, length }) => ({
    name,
    a: first[name]!.subarray(guard, guard + length),
    b: repeated[name]!.subarray(guard, guard + length),
  }));
}

/** NaN, as it comes out when poison went in. */
function isPoisoned(words: Uint32Array): boolean {
  const values = new Float32Array(words.buffer, words.byteOffset, words.length);
  return values.some((value) => Number.isNaN(value));
}
