import type { TensorName, TensorSlot, Tensors } from '@normgauge/contract';
import type { Guarded } from '../protocol.ts';

type Views = { [name in TensorName]?: Float32Array };
type Words = { [name in TensorName]?: Uint32Array };

/** Views between guard zones, in buffers of their own, and the same memory as words. */
export interface Fenced {
  readonly views: Views;
  readonly words: Words;
}

/** How memory is laid out around a tensor. */
export interface Fencing {
  /** Elements before and behind every view. */
  readonly guard: number;
  /** Bit pattern that fills all of it beforehand. */
  readonly poison: number;
  /** In a SharedArrayBuffer. */
  readonly shared?: boolean;
}

/** An odd guard puts every view at an address that is a multiple of 4 and of nothing more. */
export function fence(slots: readonly TensorSlot[], { guard, poison, shared = false }: Fencing): Fenced {
  const views: Views = {};
  const words: Words = {};
  for (const { name, length } of slots) {
    const bytes = (length + 2 * guard) * Uint32Array.BYTES_PER_ELEMENT;
    const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    words[name] = new Uint32Array(buffer).fill(poison);
    views[name] = new Float32Array(buffer, guard * Float32Array.BYTES_PER_ELEMENT, length);
  }
  return { views, words };
}

/** Puts tensors between the guard zones. */
export function fill({ words }: Fenced, slots: readonly TensorSlot[], tensors: Tensors, guard: number): void {
  for (const { name } of slots) {
    const source = tensors[name]!;
    // As words: a float copy may change the payload of a NaN.
    words[name]!.set(new Uint32Array(source.buffer, source.byteOffset, source.length), guard);
  }
}

/** What the memory holds now, guard zones and all. */
export function copyWords(words: Words): Guarded {
  return Object.fromEntries(Object.entries(words).map(([name, whole]) => [name, whole.slice()]));
}
