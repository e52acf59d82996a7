import type { Problem } from '@normgauge/contract';
import type { Declared, ExecuteReply, ExecuteRequest, ScriptReply, ScriptRequest } from '../hosts/protocol.ts';

/** A backend as verification sees it: something elsewhere that answers. */
export interface Subject {
  readonly id: string;
  readonly declared: Declared;
  /** True or the reason why not, and the declared depth for this problem. */
  supports(problem: Problem): Promise<{ readonly supported: true | string; readonly depth?: number }>;
  /** Rejects with {KernelFault} when the backend throws, and with what the host says when its process is lost. */
  execute(request: ExecuteRequest): Promise<ExecuteReply>;
  /** Calls in an order of our own; rejects as `execute` does. */
  script(request: ScriptRequest): Promise<ScriptReply>;
}

/**
 * Does what one check asks for. When the process is lost meanwhile, the error says in which check; what the backend throws
 * is passed on as it is, for the check that has a row of its own to report.
 */
export async function during<T>(check: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // The status of the case is in the error's class, so that this very error must go on.
    if (error instanceof Error && !(error instanceof KernelFault)) error.message = `in ${check}: ${error.message}`;
    throw error;
  }
}

/** The backend threw. */
export class KernelFault extends Error {
  override readonly name = 'KernelFault';
  /** Which rule of the contract was broken, where the error says so. */
  readonly rule: string | undefined;

  constructor(message: string, rule: string | undefined) {
    super(message);
    this.rule = rule;
  }
}
