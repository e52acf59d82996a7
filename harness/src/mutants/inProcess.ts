import { KernelError, type OpenBackend } from '@normgauge/contract';
import { declaredBy, supportedBy } from '../hosts/process/answers.ts';
import { execute } from '../hosts/process/execute.ts';
import { perform } from '../hosts/process/script.ts';
import { KernelFault, type Subject } from '../verify/subject.ts';

/** What the backend throws, as the host of a process would pass it on. */
async function faultsPassedOn<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const rule = error instanceof KernelError ? error.rule : undefined;
    throw new KernelFault(error instanceof Error ? error.message : String(error), rule);
  }
}

/**
 * A backend as a subject of verification in this very process: hundreds of them can be tried in the time that a process
 * each would take to start. Only for backends that we wrote: nothing here survives one that hangs or exits.
 */
export async function subjectInProcess(open: OpenBackend): Promise<Subject> {
  const backend = await open();
  return {
    id: backend.id,
    declared: declaredBy(backend),
    supports: (problem) => faultsPassedOn(async () => supportedBy(backend, problem)),
    execute: (request) => faultsPassedOn(() => execute(async () => backend.plan(request.problem), request)),
    script: (request) => faultsPassedOn(() => perform(backend, request)),
  };
}
