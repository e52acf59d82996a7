import type { Backend, Device, MaybePromise, Numerics, OpenBackend, OpenOptions, Plan } from './backend.ts';
import { checkInputs, checkOutputs, checkProblem, whyNotStored } from './checks.ts';
import { KernelError, ProblemError } from './errors.ts';
import type { DType, Op, Problem } from './problem.ts';
import {
  type BackwardFrozenInputs,
  type BackwardInputs,
  type BackwardOutputs,
  type ForwardTrainingInputs,
  type ForwardTrainingOutputs,
  type InferenceInputs,
  type InferenceOutputs,
  inputsOf,
  outputsOf,
  type TensorName,
  type Tensors,
} from './tensors.ts';

/**
 * Plain functions over typed arrays, one per op; what is left out is not supported. Each takes its inputs and the
 * problem and returns new arrays, or a promise of them. It must not write its inputs, nor return memory that it
 * returned before.
 */
export interface Kernels {
  readonly id: string;
  readonly version?: string;
  readonly numerics?: Numerics;
  /** What it stores; left out: `f32`. */
  readonly dtypes?: readonly DType[];
  readonly device?: Device;
  /** True, or the reason why not. */
  supports?(problem: Problem): true | string;
  forwardTraining?(inputs: ForwardTrainingInputs, problem: Problem): MaybePromise<ForwardTrainingOutputs>;
  inference?(inputs: InferenceInputs, problem: Problem): MaybePromise<InferenceOutputs>;
  backward?(inputs: BackwardInputs, problem: Problem): MaybePromise<BackwardOutputs>;
  backwardFrozen?(inputs: BackwardFrozenInputs, problem: Problem): MaybePromise<BackwardOutputs>;
  close?(): MaybePromise<void>;
}

type Kernel = (inputs: Tensors, problem: Problem) => MaybePromise<Tensors>;

const functionOf = {
  'forward-training': 'forwardTraining',
  inference: 'inference',
  backward: 'backward',
  'backward-frozen': 'backwardFrozen',
} as const satisfies Record<Op, keyof Kernels>;

/** Elements before and behind every input, so that a function sees views at a non-zero byteOffset. */
const guard = 64;

/** Ranges remembered per buffer; a pool that hands out more before it comes round is not told apart from fresh memory. */
const rememberedRanges = 64;

/** The memory that earlier calls returned, by buffer; it does not keep the buffers alive. */
class ReturnedMemory {
  readonly #ranges = new WeakMap<ArrayBufferLike, (readonly [start: number, end: number])[]>();

  /** True when no byte of the view was returned before. */
  isFresh(view: Float32Array): boolean {
    const end = view.byteOffset + view.byteLength;
    const earlier = this.#ranges.get(view.buffer) ?? [];
    return earlier.every(([start, stop]) => end <= start || stop <= view.byteOffset);
  }

  remember(view: Float32Array): void {
    const ranges = this.#ranges.get(view.buffer) ?? [];
    ranges.push([view.byteOffset, view.byteOffset + view.byteLength]);
    if (ranges.length > rememberedRanges) ranges.shift();
    this.#ranges.set(view.buffer, ranges);
  }
}

/** One input as the function sees it, and what it looked like before the call. */
interface GivenInput {
  readonly name: TensorName;
  readonly view: Float32Array;
  readonly bits: Uint32Array;
  readonly before: Uint32Array;
}

function giveInput(name: TensorName, source: Float32Array): GivenInput {
  const buffer = new ArrayBuffer((source.length + 2 * guard) * Float32Array.BYTES_PER_ELEMENT);
  const view = new Float32Array(buffer, guard * Float32Array.BYTES_PER_ELEMENT, source.length);
  view.set(source);
  return { name, view, bits: new Uint32Array(buffer), before: new Uint32Array(buffer.slice(0)) };
}

function checkUnchanged({ name, bits, before }: GivenInput): void {
  const at = bits.findIndex((word, i) => word !== before[i]);
  if (at === -1) return;
  const inside = at - guard >= 0 && at - guard < bits.length - 2 * guard;
  const where = inside ? `element ${at - guard}` : `memory ${at < guard ? 'before' : 'behind'} it`;
  throw new KernelError('inputs-unchanged', `${name}: expected an input that is only read, got a write to ${where}`);
}

function isFloat32Array(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Float32Array]';
}

class FunctionPlan implements Plan {
  readonly #problem: Problem;
  readonly #kernel: Kernel;
  readonly #returned: ReturnedMemory;
  #inputs: readonly GivenInput[] | undefined;
  #result: Tensors | undefined;

  constructor(problem: Problem, kernel: Kernel, returned: ReturnedMemory) {
    this.#problem = problem;
    this.#kernel = kernel;
    this.#returned = returned;
  }

  write(inputs: Tensors): void {
    checkInputs(this.#problem, inputs);
    this.#inputs = inputsOf(this.#problem).map(({ name }) => giveInput(name, inputs[name]!));
    this.#result = undefined;
  }

  run(): MaybePromise<void> {
    if (this.#inputs === undefined) throw new KernelError('order', 'run: expected write before it, got none');
    const given: Tensors = Object.fromEntries(this.#inputs.map(({ name, view }) => [name, view]));
    const returned = this.#kernel(given, this.#problem);
    if (returned instanceof Promise) return returned.then((outputs) => this.#accept(outputs));
    this.#accept(returned);
  }

  read(into: Tensors): void {
    checkOutputs(this.#problem, into);
    if (this.#result === undefined) throw new KernelError('order', 'read: expected run before it, got none');
    for (const input of this.#inputs ?? []) checkUnchanged(input);
    for (const { name } of outputsOf(this.#problem)) into[name]?.set(this.#result[name]!);
  }

  close(): void {
    this.#inputs = undefined;
    this.#result = undefined;
  }

  #accept(outputs: unknown): void {
    if (typeof outputs !== 'object' || outputs === null) {
      throw new KernelError('output-type', `result: expected an object of Float32Arrays, got ${String(outputs)}`);
    }
    const accepted: { [name in TensorName]?: Float32Array } = {};
    for (const { name, length } of outputsOf(this.#problem)) {
      const tensor: unknown = (outputs as Record<string, unknown>)[name];
      if (tensor === undefined) throw new KernelError('output-complete', `${name}: expected an output, got nothing`);
      if (!isFloat32Array(tensor)) {
        const got = Object.prototype.toString.call(tensor).slice(8, -1);
        throw new KernelError('output-type', `${name}: expected a Float32Array, got ${got}`);
      }
      if (tensor.length !== length) {
        throw new KernelError('output-length', `${name}: expected ${length} elements, got ${tensor.length}`);
      }
      this.#checkFresh(name, tensor, accepted);
      accepted[name] = tensor;
    }
    for (const tensor of Object.values(accepted)) this.#returned.remember(tensor);
    this.#result = accepted;
  }

  #checkFresh(name: TensorName, tensor: Float32Array, sisters: Tensors): void {
    const input = this.#inputs?.find(({ view }) => view.buffer === tensor.buffer);
    if (input)
      throw new KernelError('output-fresh', `${name}: expected memory of its own, got that of input ${input.name}`);
    for (const [sister, other] of Object.entries(sisters)) {
      const apart =
        other.buffer !== tensor.buffer ||
        other.byteOffset + other.byteLength <= tensor.byteOffset ||
        tensor.byteOffset + tensor.byteLength <= other.byteOffset;
      if (!apart) throw new KernelError('output-fresh', `${name}: expected memory of its own, got that of ${sister}`);
    }
    if (!this.#returned.isFresh(tensor)) {
      throw new KernelError('output-fresh', `${name}: expected new memory, got that of an earlier result`);
    }
  }
}

/**
 * Lifts plain functions over typed arrays into a backend, so that a kernel author needs ten lines:
 *
 *     export const openBackend = fromFunctions({
 *       id: 'mine',
 *       inference: ({ x, gamma, beta, runningMean, runningVar }, problem) => ({ y: … }),
 *     });
 *
 * Inputs are given as views at a non-zero byteOffset of buffers of their own. What a function returns is checked as it
 * comes: a real Float32Array, of the right length, complete, and in memory that belongs to no input and to no earlier
 * result. That the inputs are unchanged is checked when the results are read, outside the time that a benchmark takes.
 *
 * The plan throws {KernelError} when one of these is broken, and {ShapeError} and {ProblemError} as every plan does.
 */
export function fromFunctions(kernels: Kernels): OpenBackend {
  return (_options?: OpenOptions): Backend => {
    const returned = new ReturnedMemory();
    const kernelOf = (op: Op): Kernel | undefined => kernels[functionOf[op]]?.bind(kernels) as Kernel | undefined;
    const supports = (problem: Problem): true | string => {
      // The author's reason first: "has no function" says less.
      const supported = kernels.supports?.(problem) ?? true;
      if (supported !== true) return supported;
      const notStored = whyNotStored(problem, kernels.dtypes);
      if (notStored !== undefined) return notStored;
      return kernelOf(problem.op) === undefined ? `has no function ${functionOf[problem.op]}` : true;
    };
    return {
      id: kernels.id,
      version: kernels.version ?? '0.0.0',
      numerics: kernels.numerics ?? {},
      ...(kernels.dtypes && { dtypes: kernels.dtypes }),
      ...(kernels.device && { device: kernels.device }),
      supports,
      plan(problem: Problem): Plan {
        checkProblem(problem, kernels.dtypes);
        const supported = supports(problem);
        if (supported !== true) throw new ProblemError('problem', 'one that this backend supports', supported);
        return new FunctionPlan(problem, kernelOf(problem.op)!, returned);
      },
      close: () => kernels.close?.(),
    };
  };
}
