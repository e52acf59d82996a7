import { Buffer, constants } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { messageOf, partsOf } from './messageParts.ts';

/** Bytes before every part that say how long it is, and the one after them: whether more parts of the message follow. */
const lengthBytes = 6;
const headerLength: number = lengthBytes + 1;

/** What a channel tells its owner. */
export interface ChannelEvents {
  onMessage(message: unknown): void;
  /** Nothing will come any more: the other side closed it, or sent what is no message; `why` says so in the latter case. */
  onEnd(why?: string): void;
}

/**
 * Messages over a pipe, each in one or more parts behind their lengths (see `messageParts`). Node's own channel would do the same,
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
  /** Whole parts of a message of which more follow. */
  #parts: Buffer[] = [];
  /** Bytes of all the parts of the message that is coming, as far as their headers have come. */
  #length = 0;
  #more = false;
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
    const parts = partsOf(message);
    this.#stream.cork();
    for (const [k, part] of parts.entries()) {
      const header = Buffer.alloc(headerLength);
      header.writeUIntLE(part.length, 0, lengthBytes);
      header[lengthBytes] = k + 1 < parts.length ? 1 : 0;
      this.#stream.write(header);
      this.#stream.write(part);
    }
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
      const length = this.#header.readUIntLE(0, lengthBytes);
      this.#more = this.#header[lengthBytes] !== 0;
      this.#length += length;
      if (length === 0 || length > constants.MAX_LENGTH || this.#length > this.#longest) {
        this.#end(`a message of ${this.#length} bytes`);
      }
      // Of its own memory, so that views of it are aligned as they were.
      else this.#body = Buffer.allocUnsafeSlow(length);
      return;
    }
    this.#parts.push(this.#body);
    this.#body = undefined;
    if (this.#more) return;
    const [parts, length] = [this.#parts, this.#length];
    this.#parts = [];
    this.#length = 0;
    let message: unknown;
    try {
      message = messageOf(parts);
    } catch (error) {
      this.#end(`${length} bytes that are no message (${(error as Error).message})`);
      return;
    }
    this.#events.onMessage(message);
  }
}
