/**
 * Moments of channels that are columns: x read as a matrix, eight rows at a time,
 *
 *     d = x − shift,   Σd += …,   Σd² += …      for every column
 *
 * x      [rows, width] and `rest` elements of one row more  float32
 * table  [width, 3]  float64; [shift, Σd, Σd²] of every column
 *
 * From the shift, mean = shift + Σd/m and Σ(x−mean)² = Σd² − (Σd)²/m, as in planes/deviations.ts.
 *
 * The ladder, time per element of each step where planes/deviations.ts takes 1:
 *   1. one column at a time, top to bottom         a cache line for every element: never
 *   2. one row at a time                           loads and stores two sums for every element: 4.3
 *   3. eight rows by one column a turn             sums are touched once for eight elements: 1.3
 *   4. shift and sums of a column side by side     one array and its bounds check instead of three: 1.2
 *   5. eight rows by two columns a turn            1.1
 *   6. one row from each eighth of the matrix,     eight long streams, which the hardware prefetches; neighbouring rows
 *      not eight neighbours                        are eight short ones within a page: out of cache, 10 to 30 % off
 * Sixteen rows take 1.0, but 2.3 where rows are a multiple of 4 KiB apart: sixteen lines in one set of an 8-way cache.
 */
export function addDeviations(x: Float32Array, table: Float64Array, rows: number, width: number, rest: number): void {
  const row = width & 0x3fffffff;
  const paired = width & 0x3ffffffe;
  const eighth = rows >> 3;
  const band = (eighth * row) & 0x7ffffff;
  let start = 0;
  for (let r = 0; r < eighth; r++) {
    for (let j = 0; j < paired; j += 2) {
      const at = 3 * j;
      const shiftA = table[at]!;
      let sumA = table[at + 1]!;
      let squaresA = table[at + 2]!;
      const shiftB = table[at + 3]!;
      let sumB = table[at + 4]!;
      let squaresB = table[at + 5]!;
      let i = start + j;
      const a0 = x[i]! - shiftA;
      sumA += a0;
      squaresA += a0 * a0;
      const b0 = x[i + 1]! - shiftB;
      sumB += b0;
      squaresB += b0 * b0;
      i += band;
      const a1 = x[i]! - shiftA;
      sumA += a1;
      squaresA += a1 * a1;
      const b1 = x[i + 1]! - shiftB;
      sumB += b1;
      squaresB += b1 * b1;
      i += band;
      const a2 = x[i]! - shiftA;
      sumA += a2;
      squaresA += a2 * a2;
      const b2 = x[i + 1]! - shiftB;
      sumB += b2;
      squaresB += b2 * b2;
      i += band;
      const a3 = x[i]! - shiftA;
      sumA += a3;
      squaresA += a3 * a3;
      const b3 = x[i + 1]! - shiftB;
      sumB += b3;
      squaresB += b3 * b3;
      i += band;
      const a4 = x[i]! - shiftA;
      sumA += a4;
      squaresA += a4 * a4;
      const b4 = x[i + 1]! - shiftB;
      sumB += b4;
      squaresB += b4 * b4;
      i += band;
      const a5 = x[i]! - shiftA;
      sumA += a5;
      squaresA += a5 * a5;
      const b5 = x[i + 1]! - shiftB;
      sumB += b5;
      squaresB += b5 * b5;
      i += band;
      const a6 = x[i]! - shiftA;
      sumA += a6;
      squaresA += a6 * a6;
      const b6 = x[i + 1]! - shiftB;
      sumB += b6;
      squaresB += b6 * b6;
      i += band;
      const a7 = x[i]! - shiftA;
      sumA += a7;
      squaresA += a7 * a7;
      const b7 = x[i + 1]! - shiftB;
      sumB += b7;
      squaresB += b7 * b7;
      table[at + 1] = sumA;
      table[at + 2] = squaresA;
      table[at + 4] = sumB;
      table[at + 5] = squaresB;
    }
    if (paired < row) {
      for (let k = 0; k < 8; k++) addRow(x, table, start + k * band, paired, row);
    }
    start = (start + row) & 0x3fffffff;
  }
  start = 8 * band;
  let done = 8 * eighth;
  if (done + 4 <= rows) {
    addFourRows(x, table, start, row);
    start += 4 * row;
    done += 4;
  }
  for (; done < rows; done++) {
    addRow(x, table, start, 0, row);
    start += row;
  }
  addRow(x, table, start, 0, rest);
}

/** Four whole rows, the first of which begins at start. */
function addFourRows(x: Float32Array, table: Float64Array, start: number, row: number): void {
  for (let j = 0; j < row; j++) {
    const at = 3 * j;
    const shift = table[at]!;
    let sum = table[at + 1]!;
    let squares = table[at + 2]!;
    let i = start + j;
    const d0 = x[i]! - shift;
    sum += d0;
    squares += d0 * d0;
    i += row;
    const d1 = x[i]! - shift;
    sum += d1;
    squares += d1 * d1;
    i += row;
    const d2 = x[i]! - shift;
    sum += d2;
    squares += d2 * d2;
    i += row;
    const d3 = x[i]! - shift;
    sum += d3;
    squares += d3 * d3;
    table[at + 1] = sum;
    table[at + 2] = squares;
  }
}

/** The columns from … to−1 of the row that begins at start. */
function addRow(x: Float32Array, table: Float64Array, start: number, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    const at = 3 * j;
    const d = x[start + j]! - table[at]!;
    table[at + 1]! += d;
    table[at + 2]! += d * d;
  }
}
