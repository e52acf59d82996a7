import { writeSync } from 'node:fs';
import { partsOf } from '../../../dist/hosts/messageParts.js';

/** Writes to the pipe that leads to the harness: these bytes, as a message that says how long it is. */
export function writeFrame(bytes, length = bytes.length) {
  const header = Buffer.alloc(7);
  header.writeUIntLE(length, 0, 6);
  writeSync(3, header);
  writeSync(3, bytes);
}

/** A message as the harness would read it, without tensors that are long enough for parts of their own. */
export const forge = (message) => writeFrame(partsOf(message)[0]);
