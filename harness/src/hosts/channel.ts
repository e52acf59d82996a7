import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';

/** Bytes before every message that say how long it is. */
const headerLength = 6;

/** What a channel tells its owner. */
export interface ChannelEvents {
  onMessage(message: unknown): void;
  /** Nothing will come any more: the other side closed it, or sent what is no message; `why` says so in the latter case. */
  onEnd(why?: string): void;
}

/**
 * Messages over a pipe, each a value as `node:v8` serialises it behind its length. Node's own channel would do the same,
 * but a backend can reach that one through `process`, and ends the harness with a few bytes that are no message.
 */
export class Channel {
  readonly #stream: Duplex;
  readonly #events: ChannelEvents;
  /** Bytes; a message that says it is longer is none. */
  readonly #longest: number;
  #header: Buffer = Buffer.alloc(headerLength);
  #body: Buffer | undefined;
  /** Bytes of the header, or of the body when there is one, that have come. */
  #filled = 0;
  #ended = false;

  constructor(stream: Duplex, events: ChannelEvents, longest: number = Number.MAX_SAFE_INTEGER) {
    this.#stream = stream;
    this.#events = events;
    this.#longest = longest;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.#end());
    // A pipe whose other end is gone: its owner learns it from the end.
    stream.on('error', () => this.#end());
  }

  send(message: unknown): void {
    if (this.#stream.destroyed) return;
    const body = serialize(message);
    const header = Buffer.alloc(headerLength);
    header.writeUIntLE(body.length, 0, headerLength);
    this.#stream.cork();
    this.#stream.write(header);
    this.#stream.write(body);
    this.#stream.uncork();
  }

  close(): void {
    this.#ended = true;
    this.#stream.destroy();
  }

  #end(why?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnd(why);
  }

  #take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      const target = this.#body ?? this.#header;
      const taken = chunk.copy(target, this.#filled, at);
      at += taken;
      this.#filled += taken;
      if (this.#filled === target.length) this.#complete();
    }
  }

  #complete(): void {
    this.#filled = 0;
    if (!this.#body) {
      const length = this.#header.readUIntLE(0, headerLength);
      if (length === 0 || length > this.#longest) this.#end(`a message of ${length} bytes`);
      // Of its own memory, so that views of it are aligned as they were.
      else this.#body = Buffer.allocUnsafeSlow(length);
      return;
    }
    const body = this.#body;
    this.#body = undefined;
    let message: unknown;
    try {
      message = deserialize(body);
    } catch (error) {
      this.#end(`${body.length} bytes that are no message (${(error as Error).message})`);
      return;
    }
    this.#events.onMessage(message);
  }
}
