/** Bytes of a WebAssembly page. */
const page = 65536;

/** What 32-bit addresses reach. */
const largestPages = 65536;

/** A cache line, so that no two tensors share one. */
const alignment = 64;

/**
 * The first bytes stay unused, so that no tensor has address 0; and the last page, so that the address behind a tensor
 * never wraps round to 0.
 */
const firstAddress = 1024;
const endOfMemory: number = (largestPages - 1) * page;

/** Bytes that one backend can hold in all its plans together. */
export const capacity: number = endOfMemory - firstAddress;

/** Bytes that a request of this size takes. */
export function roundUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Free bytes from `start` to `end`. */
interface Gap {
  start: number;
  end: number;
}

/**
 * A WebAssembly memory and who has which part of it. First fit, 64-byte aligned; freed neighbours become one again, so
 * that after every plan is closed all of it is one gap. It grows as needed and, as WebAssembly memories do, never
 * shrinks.
 *
 * Growing detaches every view made before: make views when they are needed, and keep addresses.
 */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  /** In order of address, none touching the next. The last one reaches to the end of what may ever be. */
  readonly #gaps: Gap[] = [{ start: firstAddress, end: endOfMemory }];
  readonly #sizes = new Map<number, number>();

  /**
   * `shared` is for threads.
   * @throws {RangeError} when the engine has no such memory
   */
  constructor({ shared = false }: { readonly shared?: boolean } = {}) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: largestPages, shared });
  }

  /** Bytes in use. */
  get used(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Bytes of the largest request that could be met. */
  get largestGap(): number {
    return Math.max(0, ...this.#gaps.map(({ start, end }) => end - start));
  }

  /**
   * The address of `bytes` bytes, contents unspecified.
   * @throws {RangeError} when no gap is large enough or the machine has no such memory; nothing is taken then
   */
  allocate(bytes: number): number {
    const size = roundUp(Math.max(bytes, 1));
    const at = this.#gaps.findIndex(({ start, end }) => end - start >= size);
    const gap = this.#gaps[at];
    if (gap === undefined) {
      const state = `${this.largestGap} of ${capacity} (${this.#sizes.size} plans are open; close some)`;
      throw new RangeError(`memory: expected ${size} free bytes in one piece, got at most ${state}`);
    }
    this.#reach(gap.start + size);
    const address = gap.start;
    gap.start += size;
    if (gap.start === gap.end) this.#gaps.splice(at, 1);
    this.#sizes.set(address, size);
    return address;
  }

  /** Gives back what `allocate` gave. */
  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new RangeError(`memory: expected an address in use, got ${address}`);
    this.#sizes.delete(address);
    const end = address + size;
    const next = this.#gaps.findIndex(({ start }) => start > address);
    const at = next === -1 ? this.#gaps.length : next;
    const before = this.#gaps[at - 1];
    const after = this.#gaps[at];
    if (before?.end === address) {
      before.end = end;
      if (after?.start === end) {
        before.end = after.end;
        this.#gaps.splice(at, 1);
      }
    } else if (after?.start === end) {
      after.start = address;
    } else {
      this.#gaps.splice(at, 0, { start: address, end });
    }
  }

  /** `length` float32 at this address, until the memory grows. */
  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  #reach(end: number): void {
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / page);
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch (cause) {
      throw new RangeError(`memory: expected to grow to ${end} bytes, got a refusal of the engine`, { cause });
    }
  }
}
