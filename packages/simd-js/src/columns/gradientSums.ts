/**
 * dBeta and dGamma of channels that are columns: x and dy read as matrices, eight rows at a time,
 *
 *     Σdy += …,   Σdy·x̂ += …,   x̂ = (x − mean)·invStd      for every column
 *
 * x, dy  [rows, width] and `rest` elements of one row more  float32
 * table  [width, 4]  float64; [mean, invStd, Σdy, Σdy·x̂] of every column
 *
 * Ioffe & Szegedy 2015, section 3, the gradients of β and γ, arXiv:1502.03167. invStd stays inside the sum for the
 * reason given in planes/gradientSums.ts.
 *
 * Ladder as in columns/deviations.ts: eight rows, one from each eighth of the matrix, by two columns a turn, the
 * numbers of a column side by side.
 */
export function addGradientSums(
  x: Float32Array,
  dy: Float32Array,
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
      const invStdA = table[at + 1]!;
      let sumA = table[at + 2]!;
      let productsA = table[at + 3]!;
      const meanB = table[at + 4]!;
      const invStdB = table[at + 5]!;
      let sumB = table[at + 6]!;
      let productsB = table[at + 7]!;
      let i = start + j;
      const a0 = dy[i]!;
      sumA += a0;
      productsA += a0 * ((x[i]! - meanA) * invStdA);
      const b0 = dy[i + 1]!;
      sumB += b0;
      productsB += b0 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a1 = dy[i]!;
      sumA += a1;
      productsA += a1 * ((x[i]! - meanA) * invStdA);
      const b1 = dy[i + 1]!;
      sumB += b1;
      productsB += b1 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a2 = dy[i]!;
      sumA += a2;
      productsA += a2 * ((x[i]! - meanA) * invStdA);
      const b2 = dy[i + 1]!;
      sumB += b2;
      productsB += b2 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a3 = dy[i]!;
      sumA += a3;
      productsA += a3 * ((x[i]! - meanA) * invStdA);
      const b3 = dy[i + 1]!;
      sumB += b3;
      productsB += b3 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a4 = dy[i]!;
      sumA += a4;
      productsA += a4 * ((x[i]! - meanA) * invStdA);
      const b4 = dy[i + 1]!;
      sumB += b4;
      productsB += b4 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a5 = dy[i]!;
      sumA += a5;
      productsA += a5 * ((x[i]! - meanA) * invStdA);
      const b5 = dy[i + 1]!;
      sumB += b5;
      productsB += b5 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a6 = dy[i]!;
      sumA += a6;
      productsA += a6 * ((x[i]! - meanA) * invStdA);
      const b6 = dy[i + 1]!;
      sumB += b6;
      productsB += b6 * ((x[i + 1]! - meanB) * invStdB);
      i += band;
      const a7 = dy[i]!;
      sumA += a7;
      productsA += a7 * ((x[i]! - meanA) * invStdA);
      const b7 = dy[i + 1]!;
      sumB += b7;
      productsB += b7 * ((x[i + 1]! - meanB) * invStdB);
      table[at + 2] = sumA;
      table[at + 3] = productsA;
      table[at + 6] = sumB;
      table[at + 7] = productsB;
    }
    if (paired < row) {
      for (let k = 0; k < 8; k++) addRow(x, dy, table, start + k * band, paired, row);
    }
    start = (start + row) & 0x3fffffff;
  }
  start = 8 * band;
  let done = 8 * eighth;
  if (done + 4 <= rows) {
    addFourRows(x, dy, table, start, row);
    start += 4 * row;
    done += 4;
  }
  for (; done < rows; done++) {
    addRow(x, dy, table, start, 0, row);
    start += row;
  }
  addRow(x, dy, table, start, 0, rest);
}

/** Four whole rows, the first of which begins at start. */
function addFourRows(x: Float32Array, dy: Float32Array, table: Float64Array, start: number, row: number): void {
  for (let j = 0; j < row; j++) {
    const at = 4 * j;
    const mean = table[at]!;
    const invStd = table[at + 1]!;
    let sum = table[at + 2]!;
    let products = table[at + 3]!;
    let i = start + j;
    const g0 = dy[i]!;
    sum += g0;
    products += g0 * ((x[i]! - mean) * invStd);
    i += row;
    const g1 = dy[i]!;
    sum += g1;
    products += g1 * ((x[i]! - mean) * invStd);
    i += row;
    const g2 = dy[i]!;
    sum += g2;
    products += g2 * ((x[i]! - mean) * invStd);
    i += row;
    const g3 = dy[i]!;
    sum += g3;
    products += g3 * ((x[i]! - mean) * invStd);
    table[at + 2] = sum;
    table[at + 3] = products;
  }
}

/** The columns from … to−1 of the row that begins at start. */
function addRow(x: Float32Array, dy: Float32Array, table: Float64Array, start: number, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    const at = 4 * j;
    const g = dy[start + j]!;
    table[at + 2]! += g;
    table[at + 3]! += g * ((x[start + j]! - table[at]!) * table[at + 1]!);
  }
}
