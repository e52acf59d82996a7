import type { Backend, OpenBackend } from '@normgauge/contract';
import { type BackendEntry, backends } from '../../backends.ts';
import { replyFault } from '../checkReply.ts';
import type { BackendSource, Opened } from '../protocol.ts';
import { declaredBy } from './answers.ts';

function wrongModule(message: string): Error {
  return Object.assign(new Error(message), { name: 'WrongModule' });
}

async function listedAs(id: string, list: unknown, where: string): Promise<OpenBackend> {
  const entry = Array.isArray(list) ? (list as readonly BackendEntry[]).find((each) => each?.id === id) : undefined;
  if (!entry) throw wrongModule(`there is no backend ${id} in ${where}`);
  return (await entry.load()).openBackend;
}

async function load(source: BackendSource): Promise<OpenBackend> {
  if (source.kind === 'own') return listedAs(source.id, backends, 'the list of backends');
  const module = (await import(source.url)) as Record<string, unknown>;
  if (source.kind === 'listed') return listedAs(source.id, module['backends'], source.url);
  const { openBackend } = module;
  if (typeof openBackend !== 'function') {
    const names = Object.keys(module).join(', ') || 'nothing';
    throw wrongModule(`expected an exported function openBackend, got ${names}`);
  }
  return openBackend as OpenBackend;
}

/**
 * Loads and opens a backend.
 * @throws {Error} named WrongModule when there is no backend, and whatever the module or the backend throws
 */
export async function openFrom(source: BackendSource): Promise<Backend> {
  const openBackend = await load(source);
  const candidate: unknown = await openBackend();
  if (typeof (candidate as Backend | null)?.plan !== 'function') {
    throw wrongModule(`expected openBackend to return a backend with plan(), got ${String(candidate)}`);
  }
  return candidate as Backend;
}

/** What an open backend says of itself. */
export function describe(backend: Backend): Opened {
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
