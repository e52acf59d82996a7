/*
 * As much of the Protocol Buffers wire format as a model needs: https://protobuf.dev/programming-guides/encoding/.
 * A message is its fields one after the other; a field is its number and wire type, then its value.
 */

/** Bytes of one field, or of several. */
export type Field = readonly number[];

const wireTypes = { varint: 0, delimited: 2, fixed32: 5 } as const;

/** Seven bits a byte, the least significant first; the high bit says that more follow. */
function varintBytes(value: number): Field {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function key(field: number, type: keyof typeof wireTypes): Field {
  return varintBytes(field * 8 + wireTypes[type]);
}

/** An int32, int64 or enum field. @param value a whole number ≥ 0, at most 2⁵³ − 1 */
export function integerField(field: number, value: number): Field {
  return [...key(field, 'varint'), ...varintBytes(value)];
}

/** A float field: four bytes, the least significant first. */
export function floatField(field: number, value: number): Field {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, value, true);
  return [...key(field, 'fixed32'), ...new Uint8Array(bytes.buffer)];
}

/** A message field. */
export function messageField(field: number, fields: readonly Field[]): Field {
  const body = fields.flat();
  return [...key(field, 'delimited'), ...varintBytes(body.length), ...body];
}

/** A string field. */
export function textField(field: number, value: string): Field {
  return messageField(field, [[...new TextEncoder().encode(value)]]);
}
