import { addDeviations } from './planes/deviations.ts';
import { gradient } from './planes/gradient.ts';
import { addGradientSums } from './planes/gradientSums.ts';
import { normalise } from './planes/normalise.ts';
import type { Sweep } from './sweep.ts';

/** 128 KiB of x: with y beside it, it stays in the level-two cache between the two walks. */
const blockElements = 2 ** 15;

/** Tensors [n, c, positions]: a channel is n planes, each a run of `positions` elements. */
export class Planes implements Sweep {
  readonly block: number;
  readonly #n: number;
  readonly #c: number;
  readonly #positions: number;

  constructor(n: number, c: number, positions: number) {
    this.#n = n;
    this.#c = c;
    this.#positions = positions;
    this.block = Math.min(c, Math.max(1, Math.floor(blockElements / (n * positions))));
  }

  addDeviations(x: Float32Array, table: Float64Array, first: number, count: number): void {
    for (let n = 0; n < this.#n; n++) {
      addDeviations(x, table, this.#start(n, first), this.#positions, first, count);
    }
  }

  normalise(x: Float32Array, y: Float32Array, table: Float64Array, first: number, count: number): void {
    for (let n = 0; n < this.#n; n++) {
      normalise(x, y, table, this.#start(n, first), this.#positions, first, count);
    }
  }

  addGradientSums(x: Float32Array, dy: Float32Array, table: Float64Array, first: number, count: number): void {
    for (let n = 0; n < this.#n; n++) {
      addGradientSums(x, dy, table, this.#start(n, first), this.#positions, first, count);
    }
  }

  gradient(
    x: Float32Array,
    dy: Float32Array,
    dx: Float32Array,
    table: Float64Array,
    first: number,
    count: number,
  ): void {
    for (let n = 0; n < this.#n; n++) {
      gradient(x, dy, dx, table, this.#start(n, first), this.#positions, first, count);
    }
  }

  /** Where channel `first` of image n begins. */
  #start(n: number, first: number): number {
    return (n * this.#c + first) * this.#positions;
  }
}
