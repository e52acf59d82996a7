import type { TensorName } from './tensors.ts';

/** A tensor has the wrong length, type or is absent. The message names the tensor, what was expected and what came. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly tensor: TensorName;
  readonly expected: string;
  readonly actual: string;

  constructor(tensor: TensorName, expected: string, actual: string) {
    super(`${tensor}: expected ${expected}, got ${actual}`);
    this.tensor = tensor;
    this.expected = expected;
    this.actual = actual;
  }
}

/** A problem that has no meaning: a size of 0, an unknown op, a negative eps. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly field: string;

  constructor(field: string, expected: string, actual: string) {
    super(`${field}: expected ${expected}, got ${actual}`);
    this.field = field;
  }
}

/** A kernel function broke its side of the contract: an alias, a missing output, an input that it wrote. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  /** Which rule was broken, as the report names it. */
  readonly rule: 'output-type' | 'output-length' | 'output-fresh' | 'output-complete' | 'inputs-unchanged' | 'order';

  constructor(rule: KernelError['rule'], message: string) {
    super(message);
    this.rule = rule;
  }
}

/** This machine cannot run the backend. It becomes the status `skipped`, with the reason; nothing falls back. */
export class BackendUnavailableError extends Error {
  override readonly name = 'BackendUnavailableError';
  readonly backend: string;
  readonly reason: string;

  constructor(backend: string, reason: string, options?: ErrorOptions) {
    super(`${backend}: ${reason}`, options);
    this.backend = backend;
    this.reason = reason;
  }
}
