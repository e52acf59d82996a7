// First, before any backend can be loaded.
import './clock.ts';
import type { Backend, Plan, Problem } from '@normgauge/contract';
import type { BackendSource, Exchanges } from '../protocol.ts';
import { supportedBy } from './answers.ts';
import { turn } from './clock.ts';
import { execute } from './execute.ts';
import { collectGarbage } from './garbage.ts';
import { describe, openFrom } from './open.ts';
import { perform } from './script.ts';
import { serve } from './serve.ts';
import { time } from './timing.ts';

/*
 * The process of one backend. Thin, and trusted with nothing: it opens the backend, plans, writes, runs, reads, times,
 * and sends tensors back. What is right is decided elsewhere.
 */

let backend: Backend | undefined;
let origin: BackendSource | undefined;

function opened(): Backend {
  if (!backend) throw new Error('the backend is not open');
  return backend;
}

/** @throws whatever the backend throws when it is opened again; it is closed then */
async function move(): Promise<void> {
  await opened().close?.();
  backend = undefined;
  collectGarbage();
  backend = await openFrom(origin!);
}

const planFor = (problem: Problem) => async (): Promise<Plan> => opened().plan(problem);

serve<Exchanges>({
  async open({ source }) {
    origin = source;
    backend = await openFrom(source);
    return describe(backend);
  },
  supports: async ({ problem }) => supportedBy(opened(), problem),
  execute: (request) => execute(planFor(request.problem), request),
  script: async (request) => perform(opened(), request),
  time: (request) => time({ open: planFor(request.problem), move }, request),
  async move() {
    await move();
    return {};
  },
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
});
