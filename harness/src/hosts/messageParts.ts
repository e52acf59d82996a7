import { DefaultDeserializer, DefaultSerializer } from 'node:v8';

/**
 * What a message is made of on its way: its tensors, each a part of its own, and at the end the value as `node:v8`
 * serialises it, which says where they belong. In one piece a message can be no longer than the longest Buffer, 4 GiB in
 * Node 20, and two tensors of 1 GiB in two sets are as much.
 */

/** Shorter tensors stay within the value: a part costs a header and two writes. */
const shortestPart = 65_536;

const inTheValue = 0;
const inAPart = 1;

/** The kinds of array that travel as parts; a message says which by the place in this list. */
const kinds = [Float32Array, Float64Array, Uint32Array, Int32Array, Uint8Array] as const;

/** What Node's own classes do with views of memory, and its types leave out. */
interface WritesViews {
  _writeHostObject(view: ArrayBufferView): void;
}
interface ReadsViews {
  _readHostObject(): ArrayBufferView;
}
const writesViews = DefaultSerializer.prototype as unknown as WritesViews;
const readsViews = DefaultDeserializer.prototype as unknown as ReadsViews;

class ToParts extends DefaultSerializer implements WritesViews {
  readonly parts: Buffer[] = [];

  _writeHostObject(view: ArrayBufferView): void {
    const kind = kinds.findIndex((each) => Object.getPrototypeOf(view) === each.prototype);
    if (kind < 0 || view.byteLength < shortestPart) {
      this.writeUint32(inTheValue);
      writesViews._writeHostObject.call(this, view);
      return;
    }
    this.writeUint32(inAPart);
    this.writeUint32(kind);
    // A copy, since the pipe takes it later, when the sender may have gone on with the tensor.
    const part = Buffer.allocUnsafeSlow(view.byteLength);
    part.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    this.parts.push(part);
  }
}

class FromParts extends DefaultDeserializer implements ReadsViews {
  readonly #parts: Buffer[];

  constructor(value: Buffer, parts: readonly Buffer[]) {
    super(value);
    this.#parts = [...parts];
  }

  _readHostObject(): ArrayBufferView {
    const where = this.readUint32();
    if (where === inTheValue) return readsViews._readHostObject.call(this);
    if (where !== inAPart) throw new RangeError(`expected a tensor to be in the value or in a part, got ${where}`);
    const kind = this.readUint32();
    const [View, part] = [kinds[kind], this.#parts.shift()];
    if (!View || !part || part.byteLength % View.BYTES_PER_ELEMENT !== 0) {
      throw new RangeError(
        `expected a tensor in a part of its own, got kind ${kind} in ${part?.byteLength ?? 'no'} bytes`,
      );
    }
    return new View(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength / View.BYTES_PER_ELEMENT);
  }

  /** Parts that belong nowhere. */
  get left(): number {
    return this.#parts.length;
  }
}

/** The parts of a message, in the order in which they are sent; the value is the last. */
export function partsOf(message: unknown): readonly Buffer[] {
  const serializer = new ToParts();
  serializer.writeHeader();
  serializer.writeValue(message);
  return [...serializer.parts, serializer.releaseBuffer()];
}

/**
 * The message that these are the parts of. Each part is to have memory of its own: the tensors are views of it.
 *
 * @throws What `node:v8` throws, or a RangeError, where they are no message.
 */
export function messageOf(parts: readonly Buffer[]): unknown {
  const deserializer = new FromParts(parts.at(-1)!, parts.slice(0, -1));
  deserializer.readHeader();
  const message: unknown = deserializer.readValue();
  if (deserializer.left > 0) throw new RangeError(`expected no part that belongs nowhere, got ${deserializer.left}`);
  return message;
}
