import { getFloat16, setFloat16 } from '@petamoriken/float16';

/* Between float32, in which tensors cross the contract, and the float16 in which a problem of that dtype is stored. */

/** The bits of the nearest float16 each, ties to even, and one 0 more where that makes whole words. */
export function halvesOf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length + (values.length % 2));
  const view = new DataView(bits.buffer);
  for (let i = 0; i < values.length; i++) setFloat16(view, 2 * i, values[i]!, true);
  return bits;
}

let known: Float32Array | undefined;

/** Every float16, by its bits: there are few enough to look them up. */
function everyHalf(): Float32Array {
  if (known) return known;
  const view = new DataView(new ArrayBuffer(2));
  known = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    view.setUint16(0, bits);
    return getFloat16(view, 0);
  });
  return known;
}

/** The float16 of these bits, as float32. */
export function fromHalves(bits: Uint16Array, into: Float32Array): void {
  const values = everyHalf();
  for (let i = 0; i < into.length; i++) into[i] = values[bits[i]!]!;
}
