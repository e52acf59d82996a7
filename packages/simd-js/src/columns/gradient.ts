/**
 * dx where channels are columns: x, dy and dx taken as matrices, eight rows at a time,
 *
 *     dx = scale·(dy + ((x − mean)·slope + offset))      with the numbers of the column
 *
 * x, dy, dx  [rows, width] and `rest` elements of one row more  float32
 * table      [width, 4]  float64; [mean, slope, offset, scale] of every column, explained in planes/gradient.ts
 *
 * Ioffe & Szegedy 2015, section 3, the gradient of x, arXiv:1502.03167.
 *
 * Ladder as in columns/normalise.ts: eight rows, one from each eighth of the matrix, by two columns a turn, the
 * coefficients of a column side by side.
 */
export function gradient(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
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
      const at = 4 * j;
      const meanA = table[at]!;
      const slopeA = table[at + 1]!;
      const offsetA = table[at + 2]!;
      const scaleA = table[at + 3]!;
      const meanB = table[at + 4]!;
      const slopeB = table[at + 5]!;
      const offsetB = table[at + 6]!;
      const scaleB = table[at + 7]!;
      let i = start + j;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
      i += band;
      dx[i] = scaleA * (dy[i]! + ((x[i]! - meanA) * slopeA + offsetA));
      dx[i + 1] = scaleB * (dy[i + 1]! + ((x[i + 1]! - meanB) * slopeB + offsetB));
    }
    if (paired < row) {
      for (let k = 0; k < 8; k++) gradientRow(x, dy, dx, table, start + k * band, paired, row);
    }
    start = (start + row) & 0x3fffffff;
  }
  start = 8 * band;
  let done = 8 * eighth;
  if (done + 4 <= rows) {
    gradientFourRows(x, dy, dx, table, start, row);
    start += 4 * row;
    done += 4;
  }
  for (; done < rows; done++) {
    gradientRow(x, dy, dx, table, start, 0, row);
    start += row;
  }
  gradientRow(x, dy, dx, table, start, 0, rest);
}

/** Four whole rows, the first of which begins at start. */
function gradientFourRows(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  table: Float64Array,
  start: number,
  row: number,
): void {
  for (let j = 0; j < row; j++) {
    const at = 4 * j;
    const mean = table[at]!;
    const slope = table[at + 1]!;
    const offset = table[at + 2]!;
    const scale = table[at + 3]!;
    let i = start + j;
    dx[i] = scale * (dy[i]! + ((x[i]! - mean) * slope + offset));
    i += row;
    dx[i] = scale * (dy[i]! + ((x[i]! - mean) * slope + offset));
    i += row;
    dx[i] = scale * (dy[i]! + ((x[i]! - mean) * slope + offset));
    i += row;
    dx[i] = scale * (dy[i]! + ((x[i]! - mean) * slope + offset));
  }
}

/** The columns from … to−1 of the row that begins at start. */
function gradientRow(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  table: Float64Array,
  start: number,
  from: number,
  to: number,
): void {
  for (let j = from; j < to; j++) {
    const at = 4 * j;
    const i = start + j;
    dx[i] = table[at + 3]! * (dy[i]! + ((x[i]! - table[at]!) * table[at + 1]! + table[at + 2]!));
  }
}
