/**
 * The affine map of BatchNorm where channels are columns: x and y taken as matrices, eight rows at a time,
 *
 *     y = (x − centre)·scale + offset           with the numbers of the column
 *
 * x, y   [rows, width] and `rest` elements of one row more  float32
 * table  [width, 3]  float64; [centre, scale, offset] of every column
 *
 * Ioffe & Szegedy 2015, Algorithm 1, last two lines, arXiv:1502.03167. Centred, as in planes/normalise.ts.
 *
 * The ladder, time per element of each step where planes/normalise.ts takes 1:
 *   1. one row at a time                             three coefficients loaded for every element: 3.8
 *   2. eight rows by one column a turn               loaded once for eight elements: 1.4
 *   3. the coefficients of a column side by side     one array and its bounds check instead of three: 1.2
 *   4. eight rows by two columns a turn              1.1
 *   5. one row from each eighth of the matrix        out of cache, 10 to 30 % off: see columns/deviations.ts, as for
 *                                                    sixteen rows
 */
export function normalise(
  x: Float32Array,
  y: Float32Array,
  table: Float64Array,
  rows: number,
  width: number,
  rest: number,
): void {
  const row = width & 0x3fffffff;
  const paired = width & 0x3ffffffe;
  const eighth = rows >> 3;
  const band = (eighth * row) & 0x7ffffff;
  let start = 0;
  for (let r = 0; r < eighth; r++) {
    for (let j = 0; j < paired; j += 2) {
      const at = 3 * j;
      const centreA = table[at]!;
      const scaleA = table[at + 1]!;
      const offsetA = table[at + 2]!;
      const centreB = table[at + 3]!;
      const scaleB = table[at + 4]!;
      const offsetB = table[at + 5]!;
      let i = start + j;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
      i += band;
      y[i] = (x[i]! - centreA) * scaleA + offsetA;
      y[i + 1] = (x[i + 1]! - centreB) * scaleB + offsetB;
    }
    if (paired < row) {
      for (let k = 0; k < 8; k++) normaliseRow(x, y, table, start + k * band, paired, row);
    }
    start = (start + row) & 0x3fffffff;
  }
  start = 8 * band;
  let done = 8 * eighth;
  if (done + 4 <= rows) {
    normaliseFourRows(x, y, table, start, row);
    start += 4 * row;
    done += 4;
  }
  for (; done < rows; done++) {
    normaliseRow(x, y, table, start, 0, row);
    start += row;
  }
  normaliseRow(x, y, table, start, 0, rest);
}

/** Four whole rows, the first of which begins at start. */
function normaliseFourRows(x: Float32Array, y: Float32Array, table: Float64Array, start: number, row: number): void {
  for (let j = 0; j < row; j++) {
    const at = 3 * j;
    const centre = table[at]!;
    const scale = table[at + 1]!;
    const offset = table[at + 2]!;
    let i = start + j;
    y[i] = (x[i]! - centre) * scale + offset;
    i += row;
    y[i] = (x[i]! - centre) * scale + offset;
    i += row;
    y[i] = (x[i]! - centre) * scale + offset;
    i += row;
    y[i] = (x[i]! - centre) * scale + offset;
  }
}

/** The columns from … to−1 of the row that begins at start. */
function normaliseRow(
  x: Float32Array,
  y: Float32Array,
  table: Float64Array,
  start: number,
  from: number,
  to: number,
): void {
  for (let j = from; j < to; j++) {
    const at = 3 * j;
    y[start + j] = (x[start + j]! - table[at]!) * table[at + 1]! + table[at + 2]!;
  }
}
