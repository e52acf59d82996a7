import { PassThrough } from 'node:stream';
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Channel } from '../src/hosts/channel.ts';

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
  const stream = new PassThrough();
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

  it.each([
    { what: 'no length at all', bytes: Buffer.alloc(6), says: 'a message of 0 bytes' },
    { what: 'a length beyond its limit', bytes: Buffer.from([101, 0, 0, 0, 0, 0]), says: 'a message of 101 bytes' },
    {
      what: 'bytes that are no message',
      bytes: Buffer.from([1, 0, 0, 0, 0, 0, 7]),
      says: '1 bytes that are no message',
    },
  ])('ends at $what, and reads nothing behind it', async ({ bytes, says }) => {
    const behind = serialize('behind');
    const header = Buffer.from([behind.length, 0, 0, 0, 0, 0]);
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
