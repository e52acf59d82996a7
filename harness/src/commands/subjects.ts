import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BackendEntry as ReportedBackend } from '@normgauge/reports';
import { backends } from '../backends.ts';
import { BackendHost, type HostLimits } from '../hosts/backendHost.ts';
import { LostProcess, RemoteError } from '../hosts/childProcess.ts';
import type { BackendSource, Declared, Exchanges, Opened } from '../hosts/protocol.ts';
import { UsageError } from '../usageError.ts';
import { KernelFault, type Subject } from '../verify/subject.ts';

/** A backend that was asked for: opened, or not, and why. */
export interface Candidate {
  /** As it was asked for: an id of ours or a path. It stands in reproduce commands. */
  readonly asked: string;
  readonly host: BackendHost;
  readonly opened?: Opened;
  /** This machine cannot run it; every case is skipped. */
  readonly unavailable?: string;
  /** Its process was lost while it was opened; every case ends so. */
  readonly lost?: LostProcess;
}

/** The id under which results stand. */
export function idOf({ asked, opened }: Candidate): string {
  return opened?.id ?? asked;
}

/**
 * Where the backend of this name comes from: one of ours, or a module by its path.
 * @throws {UsageError} when it is neither
 */
export function sourceOf(asked: string): BackendSource {
  if (backends.some(({ id }) => id === asked)) return { kind: 'own', id: asked };
  const known = backends.map(({ id }) => id).join(', ');
  const path = resolve(asked);
  if (!existsSync(path)) {
    throw new UsageError(
      `--backend ${asked}: expected one of ${known}, or the path of a module; there is no such file`,
    );
  }
  if (!statSync(path).isFile()) {
    throw new UsageError(`--backend ${asked}: expected the path of a module, got a folder; name its entry file`);
  }
  return { kind: 'module', url: pathToFileURL(path).href };
}

/** What the loader says when it is the module that is wrong, not the machine. */
function refuseModule(asked: string, { name, message }: RemoteError['fault']): never {
  if (name === 'WrongModule') throw new UsageError(`--backend ${asked}: ${message}`);
  const typed = /^Unknown file extension "\.[cm]?tsx?" for (.*)/.exec(message)?.[1];
  if (typed !== undefined) {
    throw new UsageError(
      `--backend ${asked}: Node ${process.versions.node} does not load TypeScript (${typed}); use Node ≥ 22.18, or name the JavaScript that it is compiled to`,
    );
  }
  throw new UsageError(`--backend ${asked}: the module cannot be opened: ${name}: ${message.split('\n')[0]}`);
}

/**
 * Opens a backend in a process of its own.
 * @param source where it comes from, when that is not what its name says
 * @throws {UsageError} when the module cannot be loaded or exports the wrong thing
 */
export async function openCandidate(
  asked: string,
  limits?: HostLimits,
  source: BackendSource = sourceOf(asked),
): Promise<Candidate> {
  const host = new BackendHost(source, limits);
  try {
    return { asked, host, opened: await host.open() };
  } catch (error) {
    if (error instanceof LostProcess) return { asked, host, lost: error };
    await host.close();
    if (!(error instanceof RemoteError)) throw error;
    if (error.fault.name === 'BackendUnavailableError') return { asked, host, unavailable: error.fault.message };
    return refuseModule(asked, error.fault);
  }
}

function words(declared: Declared): Record<string, string> {
  const { declaresDepth, ...rest } = declared;
  const entries = Object.entries(rest).map(([field, value]) => [field, String(value)]);
  return Object.fromEntries(declaresDepth ? [...entries, ['reductionDepth', 'declared per problem']] : entries);
}

/** The backend as the report names it. */
export function reportedBackend(candidate: Candidate): ReportedBackend {
  const { asked, host, opened, unavailable, lost } = candidate;
  return {
    id: idOf(candidate),
    ...(opened && { version: opened.version }),
    ...(host.source.kind === 'module' && { module: asked }),
    ...(unavailable !== undefined && { unavailable }),
    ...(lost && { unavailable: lost.message }),
    ...(opened?.device && { device: opened.device }),
    declares: opened ? words(opened.declared) : {},
  };
}

/** Milliseconds for one request about one case. */
export interface TimeLimits {
  readonly request: number;
}

/** A backend in its process, as verification wants it: what it throws is a {KernelFault}. */
export function subjectOf(candidate: Candidate, { request: limit }: TimeLimits): Subject & TimedSubject {
  const ask = async <K extends 'supports' | 'execute' | 'script' | 'time'>(
    kind: K,
    request: Exchanges[K]['request'],
  ): Promise<Exchanges[K]['reply']> => {
    try {
      return await candidate.host.call(kind, request, limit);
    } catch (error) {
      if (error instanceof RemoteError) throw new KernelFault(error.fault.message, error.fault.rule);
      throw error;
    }
  };
  return {
    id: idOf(candidate),
    declared: candidate.opened!.declared,
    supports: (problem) => ask('supports', { problem }),
    execute: (request) => ask('execute', request),
    script: (request) => ask('script', request),
    async time(request) {
      const { host } = candidate;
      const places = request.places > 1 && (await host.isMovable()) ? request.places : 1;
      const reply = await ask('time', { ...request, places });
      if (reply.stays) host.stay(reply.stays);
      return reply;
    },
  };
}

/** A subject that can also be timed. */
export interface TimedSubject {
  time(request: Exchanges['time']['request']): Promise<Exchanges['time']['reply']>;
}
