/** A field of a protobuf message as it lies on the wire, whatever its schema. */
export interface WireField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

/**
 * Reads the fields of a message, by https://protobuf.dev/programming-guides/encoding/: written for the tests alone, so that
 * what writes models is not read by itself.
 */
export function wireFields(bytes: Uint8Array): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        fields.push({ field, value: varint() });
        break;
      case 2: {
        const length = varint();
        fields.push({ field, value: bytes.slice(at, at + length) });
        at += length;
        break;
      }
      case 5:
        fields.push({ field, value: bytes.slice(at, at + 4) });
        at += 4;
        break;
      default:
        throw new Error(`byte ${at}: expected wire type 0, 2 or 5, got ${key % 8}`);
    }
  }
  return fields;
}

/** All messages or strings in this field. */
export function within(message: Uint8Array, field: number): readonly Uint8Array[] {
  return wireFields(message).flatMap((one) =>
    one.field === field && one.value instanceof Uint8Array ? [one.value] : [],
  );
}

/** All whole numbers in this field. */
export function numbersIn(message: Uint8Array, field: number): readonly number[] {
  return wireFields(message).flatMap((one) =>
    one.field === field && typeof one.value === 'number' ? [one.value] : [],
  );
}

/** All strings in this field. */
export function textsIn(message: Uint8Array, field: number): readonly string[] {
  return within(message, field).map((bytes) => new TextDecoder().decode(bytes));
}
