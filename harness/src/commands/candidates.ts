import type { HostLimits } from '../hosts/backendHost.ts';
import { UsageError } from '../usageError.ts';
import { exitStatus } from './exitStatus.ts';
import { type Candidate, idOf, openCandidate } from './subjects.ts';

/**
 * Opens every backend that was asked for, each once.
 * @throws {UsageError} when one cannot be loaded, or two have the same id
 */
export async function openCandidates(asked: readonly string[], limits?: HostLimits): Promise<readonly Candidate[]> {
  const openings = await Promise.allSettled([...new Set(asked)].map((name) => openCandidate(name, limits)));
  const candidates = openings.flatMap((opening) => (opening.status === 'fulfilled' ? [opening.value] : []));
  try {
    const refused = openings.find((opening) => opening.status === 'rejected');
    if (refused) throw refused.reason;
    const ids = candidates.map(idOf);
    const twice = ids.find((id, k) => ids.indexOf(id) !== k);
    if (twice !== undefined) throw new UsageError(`--backend: two of them call themselves "${twice}"; run them apart`);
    return candidates;
  } catch (error) {
    for (const { host } of candidates) host.kill();
    throw error;
  }
}

/**
 * Aborts at the first Ctrl-C or SIGTERM and ends the backends; what was finished is still reported. The second one ends
 * the harness at once.
 */
export function abortOnSignal(candidates: readonly Candidate[]): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitStatus.interrupted);
    controller.abort();
    for (const { host } of candidates) host.kill();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    },
  };
}
