import { UsageError } from '../usageError.ts';
import { type Candidate, idOf, openCandidate } from './subjects.ts';

/**
 * Opens every backend that was asked for, each once.
 * @throws {UsageError} when one cannot be loaded, or two have the same id
 */
export async function openCandidates(asked: readonly string[]): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  try {
    for (const name of new Set(asked)) candidates.push(await openCandidate(name));
    const ids = candidates.map(idOf);
    const twice = ids.find((id, k) => ids.indexOf(id) !== k);
    if (twice !== undefined) throw new UsageError(`--backend: two of them call themselves "${twice}"; run them apart`);
    return candidates;
  } catch (error) {
    for (const { host } of candidates) host.kill();
    throw error;
  }
}

/** Aborts at the first Ctrl-C or SIGTERM and ends the backends; what was finished is still reported. */
export function abortOnSignal(candidates: readonly Candidate[]): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
    for (const { host } of candidates) host.kill();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.removeListener('SIGINT', stop);
      process.removeListener('SIGTERM', stop);
    },
  };
}
