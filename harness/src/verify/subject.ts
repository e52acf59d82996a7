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
