// First, before any backend can be loaded.
import './clock.ts';
import { register } from 'node:module';
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
import type { Answer, BackendSource, Call, ExchangeKind, Exchanges, Opened, RemoteFault } from '../protocol.ts';
import { declaredBy, supportedBy } from './answers.ts';
import { execute } from './execute.ts';
import { perform } from './script.ts';
import { time } from './timing.ts';

/*
 * The process of one backend. Thin, and trusted with nothing: it opens the backend, plans, writes, runs, reads, times,
 * and sends tensors back. What is right is decided elsewhere.
 */

const send = process.send!.bind(process) as (answer: Answer) => boolean;
let backend: Backend | undefined;

new Worker(new URL('./watchParent.js', import.meta.url), { workerData: { parent: process.ppid } }).unref();
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
    throw Object.assign(new Error(`expected an exported function openBackend, got ${names}`), { name: 'WrongModule' });
  }
  return openBackend as OpenBackend;
}

function describe(backend: Backend): Opened {
  const { id, version, device } = backend;
  return {
    id: String(id),
    version: String(version),
    ...(device && { device }),
    declared: declaredBy(backend),
  };
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
      throw Object.assign(new Error(`expected openBackend to return a backend with plan(), got ${String(candidate)}`), {
        name: 'WrongModule',
      });
    }
    backend = candidate as Backend;
    return describe(backend);
  },
  supports: async ({ problem }) => supportedBy(opened(), problem),
  execute: (request) => execute(planFor(request.problem), request),
  script: async (request) => perform(opened(), request),
  time: (request) => time(planFor(request.problem), request),
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

process.on('message', async ({ serial, kind, request }: Call) => {
  try {
    const answer = answers[kind] as (request: unknown) => Promise<unknown>;
    send({ serial, reply: await answer(request) });
  } catch (error) {
    send({ serial, fault: faultOf(error) });
  }
  if (kind === 'close') process.disconnect();
});
