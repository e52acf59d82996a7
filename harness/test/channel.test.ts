import { PassThrough } from 'node:stream';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Channel } from '../src/hosts/channel.ts';
import { partsOf } from '../src/hosts/messageParts.ts';

/** What comes out of a channel when these bytes arrive in pieces that end at these places. */
async function received(bytes: Buffer, cuts: readonly number[], longest?: number) {
  const stream = new PassThrough();
  const messages: unknown[] = [];
  const ends: (string | undefined)[] = [];
  new Channel(stream, { onMessage: (message) => messages.push(message), onEnd: (why) => ends.push(why) }, longest);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [k, place] of places.slice(1).entries()) stream.write(bytes.subarray(places[k], place));
  stream.end();
  await new Promise((resolve) => stream.once('close', resolve));
  return { messages, ends };
}

/** The bytes that a channel sends for these messages. */
function sent(messages: readonly unknown[]): Buffer {
  const stream = new PassThrough({ highWaterMark: 2 ** 24 });
  const channel = new Channel(stream, { onMessage() {}, onEnd() {} });
  stream.pause();
  for (const message of messages) channel.send(message);
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

describe('a channel', () => {
  it('hands over every message whole, however its bytes are cut', async () => {
    const message = fc.record({ serial: fc.nat(), text: fc.string(), x: fc.float32Array(), words: fc.uint32Array() });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), async (all, cuts) => {
        expect(await received(sent(all), cuts)).toEqual({ messages: all, ends: [undefined] });
      }),
    );
  });

  it('hands over tensors of every length and kind, and views of a part of memory, as they were when they were sent', async () => {
    const memory = Float32Array.from({ length: 70_000 }, (_, i) => i);
    const tensors = {
      x: memory.subarray(1, 20_001),
      again: memory.subarray(1, 20_001),
      words: new Uint32Array(16_384).fill(7),
      short: new Uint32Array(16_383).fill(8),
      shared: new Float32Array(new SharedArrayBuffer(80_000)).fill(2),
      wide: new Float64Array(9000).fill(1 / 3),
      narrow: new Int16Array(40_000).fill(-3),
      none: new Float32Array(0),
    };
    const bytes = sent([{ sets: [tensors, tensors] }, 'behind']);
    const expected = structuredClone(tensors);
    memory.fill(Number.NaN);
    const { messages, ends } = await received(bytes, [5, 80_000, 80_009, 300_000]);
    const copied = { ...expected, shared: new Float32Array(20_000).fill(2) };
    expect(messages).toEqual([{ sets: [copied, copied] }, 'behind']);
    expect(ends).toEqual([undefined]);
  });

  it('sends every long tensor in a part of its own, so that none of them has to hold all of a message', () => {
    const x = new Float32Array(20_000);
    const parts = partsOf({ outputs: [{ x }, { x: x.slice() }], inputsAfter: { x: x.slice() } });
    expect(parts.slice(0, -1).map(({ length }) => length)).toEqual([80_000, 80_000, 80_000]);
    expect(parts.at(-1)!.length).toBeLessThan(200);
  });

  it('ends where the parts of a message are together longer than its limit', async () => {
    const { messages, ends } = await received(
      sent([[new Float32Array(20_000), new Float32Array(20_001)]]),
      [],
      100_000,
    );
    expect(messages).toEqual([]);
    expect(ends).toEqual(['a message of 160004 bytes']);
  });

  it.each([
    { what: 'a part that belongs nowhere', parts: [Buffer.alloc(8), serialize('alone')] },
    { what: 'a part that never comes', parts: [partsOf(new Float32Array(20_000)).at(-1)!] },
    {
      what: 'a part that is no whole number of elements',
      parts: [Buffer.alloc(7), partsOf(new Float32Array(20_000)).at(-1)!],
    },
  ])('ends at $what', async ({ parts }) => {
    const framed = parts.map((part, k) => {
      const header = Buffer.alloc(7);
      header.writeUIntLE(part.length, 0, 6);
      header[6] = k + 1 < parts.length ? 1 : 0;
      return Buffer.concat([header, part]);
    });
    const { messages, ends } = await received(Buffer.concat(framed), []);
    expect(messages).toEqual([]);
    expect(ends).toEqual([expect.stringContaining('bytes that are no message')]);
  });

  it.each([
    { what: 'no length at all', bytes: Buffer.alloc(7), says: 'a message of 0 bytes' },
    { what: 'a length beyond its limit', bytes: Buffer.from([101, 0, 0, 0, 0, 0, 0]), says: 'a message of 101 bytes' },
    {
      what: 'bytes that are no message',
      bytes: Buffer.from([1, 0, 0, 0, 0, 0, 0, 7]),
      says: '1 bytes that are no message',
    },
  ])('ends at $what, and reads nothing behind it', async ({ bytes, says }) => {
    const behind = serialize('behind');
    const header = Buffer.from([behind.length, 0, 0, 0, 0, 0, 0]);
    const { messages, ends } = await received(Buffer.concat([bytes, header, behind]), [], 100);
    expect(messages).toEqual([]);
    expect(ends.map((why) => why?.slice(0, says.length))).toEqual([says]);
  });

  it('says nothing more when it was closed by its owner', async () => {
    const stream = new PassThrough();
    const ends: unknown[] = [];
    const channel = new Channel(stream, { onMessage() {}, onEnd: (why) => ends.push(why) });
    channel.close();
    channel.send('nobody hears this');
    await new Promise((resolve) => setImmediate(resolve));
    expect(ends).toEqual([]);
  });
});
