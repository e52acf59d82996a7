import { register } from 'node:module';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { BackendUnavailableError, KernelError } from '@normgauge/contract';
import { Channel } from '../channel.ts';
import type { Answer, Call, ExchangesOf, RemoteFault } from '../protocol.ts';

/** How every kind of request is answered. */
type Answers<E extends ExchangesOf<E>> = {
  readonly [K in keyof E]: (request: E[K]['request']) => Promise<E[K]['reply']>;
};

function faultOf(error: unknown): RemoteFault {
  if (error instanceof BackendUnavailableError) return { name: error.name, message: error.reason };
  if (error instanceof KernelError) return { name: error.name, message: error.message, rule: error.rule };
  const { name, message, reason, rule } = (error ?? {}) as Partial<Record<string, unknown>>;
  // A module may bring its own copy of the contract, so that instanceof fails where the name still tells.
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: String(name === 'BackendUnavailableError' && reason !== undefined ? reason : (message ?? error)),
    ...(typeof rule === 'string' && { rule }),
  };
}

/**
 * Answers the harness until it closes the channel: the third pipe, to which, unlike to Node's own, nothing on `process`
 * leads. A thread ends the process when the harness is gone or too much memory is in use.
 */
export function serve<E extends ExchangesOf<E>>(answers: Answers<E>): void {
  const [parent, memoryLimit] = process.argv.slice(2).map(Number);
  new Worker(new URL('./watch.js', import.meta.url), { workerData: { parent, memoryLimit } }).unref();
  register('./resolveOurs.js', import.meta.url);
  const socket = new Socket({ fd: 3, readable: true, writable: true });
  const send = (message: Answer): void => channel.send(message);
  const answer = async ({ serial, kind, request }: Call): Promise<void> => {
    try {
      send({ serial, reply: await answers[kind as keyof E](request as never) });
    } catch (error) {
      send({ serial, fault: faultOf(error) });
    }
    if (kind === 'close') socket.end();
  };
  const channel = new Channel(socket, {
    onMessage: (message) => answer(message as Call),
    // The harness is gone.
    onEnd: () => process.exit(),
  });
}
