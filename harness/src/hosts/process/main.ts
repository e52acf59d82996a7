// First, before any backend can be loaded.
import './clock.ts';
import { register } from 'node:module';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import {
  type Backend,
  BackendUnavailableError,
  KernelError,
  type OpenBackend,
  type Plan,
  type Problem,
} from '@normgauge/contract';
import { backends } from '../../backends.ts';
import { Channel } from '../channel.ts';
import { replyFault } from '../checkReply.ts';
import type { Answer, BackendSource, Call, ExchangeKind, Exchanges, Opened, RemoteFault } from '../protocol.ts';
import { declaredBy, supportedBy } from './answers.ts';
import { turn } from './clock.ts';
import { execute } from './execute.ts';
import { perform } from './script.ts';
import { time } from './timing.ts';

/*
 * The process of one backend. Thin, and trusted with nothing: it opens the backend, plans, writes, runs, reads, times,
 * and sends tensors back. What is right is decided elsewhere.
 */

let backend: Backend | undefined;

const [parent, memoryLimit] = process.argv.slice(2).map(Number);
new Worker(new URL('./watch.js', import.meta.url), { workerData: { parent, memoryLimit } }).unref();
register('./resolveOurs.js', import.meta.url);

async function load(source: BackendSource): Promise<OpenBackend> {
  if (source.kind === 'own') {
    const entry = backends.find(({ id }) => id === source.id);
    if (!entry) throw new Error(`no backend ${source.id}`);
    return (await entry.load()).openBackend;
  }
  const module = (await import(source.url)) as Record<string, unknown>;
  const { openBackend } = module;
  if (typeof openBackend !== 'function') {
    const names = Object.keys(module).join(', ') || 'nothing';
    throw wrongModule(`expected an exported function openBackend, got ${names}`);
  }
  return openBackend as OpenBackend;
}

function describe(backend: Backend): Opened {
  const { id, version, device } = backend;
  const described = {
    id: String(id),
    version: String(version),
    ...(device && { device }),
    declared: declaredBy(backend),
  };
  const fault = replyFault('open', { source: { kind: 'own', id } }, described);
  if (fault !== undefined) throw wrongModule(`expected a backend as the contract has it, got one whose ${fault}`);
  return described;
}

function wrongModule(message: string): Error {
  return Object.assign(new Error(message), { name: 'WrongModule' });
}

function opened(): Backend {
  if (!backend) throw new Error('the backend is not open');
  return backend;
}

const planFor = (problem: Problem) => async (): Promise<Plan> => opened().plan(problem);

const answers: { [K in ExchangeKind]: (request: Exchanges[K]['request']) => Promise<Exchanges[K]['reply']> } = {
  async open({ source }) {
    const openBackend = await load(source);
    const candidate: unknown = await openBackend();
    if (typeof (candidate as Backend | null)?.plan !== 'function') {
      throw wrongModule(`expected openBackend to return a backend with plan(), got ${String(candidate)}`);
    }
    backend = candidate as Backend;
    return describe(backend);
  },
  supports: async ({ problem }) => supportedBy(opened(), problem),
  execute: (request) => execute(planFor(request.problem), request),
  script: async (request) => perform(opened(), request),
  time: (request) => time(planFor(request.problem), request),
  async settle() {
    await turn();
    await turn();
    return {};
  },
  async close() {
    await backend?.close?.();
    backend = undefined;
    return {};
  },
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

async function answer({ serial, kind, request }: Call): Promise<void> {
  try {
    const work = answers[kind] as (request: unknown) => Promise<unknown>;
    send({ serial, reply: await work(request) });
  } catch (error) {
    send({ serial, fault: faultOf(error) });
  }
  if (kind === 'close') socket.end();
}

/*
 * The third pipe is the channel. Unlike Node's own, nothing on `process` leads to it.
 */
const socket = new Socket({ fd: 3, readable: true, writable: true });
const channel = new Channel(socket, {
  onMessage: (message) => answer(message as Call),
  // The harness is gone.
  onEnd: () => process.exit(),
});

function send(message: Answer): void {
  channel.send(message);
}
