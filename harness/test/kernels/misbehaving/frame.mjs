import { writeSync } from 'node:fs';
import { serialize } from 'node:v8';

/** Writes to the pipe that leads to the harness: these bytes, as a message that says how long it is. */
export function writeFrame(bytes, length = bytes.length) {
  const header = Buffer.alloc(6);
  header.writeUIntLE(length, 0, 6);
  writeSync(3, header);
  writeSync(3, bytes);
}

/** A message as the harness would read it. */
export const forge = (message) => writeFrame(serialize(message));
