import { addDeviations } from './columns/deviations.ts';
import { gradient } from './columns/gradient.ts';
import { addGradientSums } from './columns/gradientSums.ts';
import { normalise } from './columns/normalise.ts';
import { type Sweep, tableWidth } from './sweep.ts';

/** Rows of at least this many columns pay for setting up their loop. */
const leastWidth = 64;

/**
 * Tensors [records, c, span]: a record holds `span` neighbouring elements of each channel. NHWC is span = 1 with one
 * record a position; N×C is span = 1 with one record a sample; NCHW with few positions is one record a sample.
 *
 * Walked as a matrix along its rows, as they lie in memory, with accumulators or coefficients for every column.
 * A row is one record, or several where a record is short; the last row may then be incomplete. Where columns and
 * channels are not the same thing, the table is spread over the columns before a walk and its sums folded back after.
 */
export class Columns implements Sweep {
  readonly block: number;
  readonly #c: number;
  readonly #span: number;
  /** Elements in a row. Even where there are several rows of short records, since the kernels take columns in pairs. */
  readonly #width: number;
  readonly #rows: number;
  /** Elements of the incomplete last row. */
  readonly #rest: number;
  /** The table by column; absent where columns are channels. */
  readonly #spread: Float64Array | undefined;

  constructor(records: number, c: number, span: number) {
    this.block = c;
    this.#c = c;
    this.#span = span;
    const period = c * span;
    const wanted = 2 * Math.ceil(leastWidth / (2 * period));
    const recordsInRow = period >= leastWidth ? 1 : Math.min(records, wanted);
    this.#width = recordsInRow * period;
    this.#rows = Math.floor(records / recordsInRow);
    this.#rest = (records % recordsInRow) * period;
    this.#spread = this.#width === c ? undefined : new Float64Array(tableWidth * this.#width);
  }

  addDeviations(x: Float32Array, table: Float64Array): void {
    const columns = this.#spreadOut(table, 3, 1);
    addDeviations(x, columns, this.#rows, this.#width, this.#rest);
    this.#foldBack(table, 3, 1);
  }

  normalise(x: Float32Array, y: Float32Array, table: Float64Array): void {
    const columns = this.#spreadOut(table, 3, 3);
    normalise(x, y, columns, this.#rows, this.#width, this.#rest);
  }

  addGradientSums(x: Float32Array, dy: Float32Array, table: Float64Array): void {
    const columns = this.#spreadOut(table, 4, 2);
    addGradientSums(x, dy, columns, this.#rows, this.#width, this.#rest);
    this.#foldBack(table, 4, 2);
  }

  gradient(x: Float32Array, dy: Float32Array, dx: Float32Array, table: Float64Array): void {
    const columns = this.#spreadOut(table, 4, 4);
    gradient(x, dy, dx, columns, this.#rows, this.#width, this.#rest);
  }

  /** Gives every column the first `given` numbers of its channel, and zero for the rest of them. */
  #spreadOut(table: Float64Array, wide: number, given: number): Float64Array {
    const columns = this.#spread;
    if (columns === undefined) return table;
    let to = 0;
    while (to < wide * this.#width) {
      for (let from = 0; from < wide * this.#c; from += wide) {
        for (let s = 0; s < this.#span; s++) {
          for (let k = 0; k < wide; k++) columns[to++] = k < given ? table[from + k]! : 0;
        }
      }
    }
    return columns;
  }

  /** Adds the sums of every column, the numbers from `given` on, to those of its channel. */
  #foldBack(table: Float64Array, wide: number, given: number): void {
    const columns = this.#spread;
    if (columns === undefined) return;
    let from = 0;
    while (from < wide * this.#width) {
      for (let to = 0; to < wide * this.#c; to += wide) {
        for (let s = 0; s < this.#span; s++) {
          for (let k = given; k < wide; k++) table[to + k]! += columns[from + k]!;
          from += wide;
        }
      }
    }
  }
}
