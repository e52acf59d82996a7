import {
  inputsOf,
  type MaybePromise,
  outputsOf,
  type Problem,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import type { Computation } from '../libraryPlan.ts';
import type { Tensor, TensorFlow } from './api.ts';
import { axesOf } from './axes.ts';
import { operationOf, type TensorsOfTf } from './operations.ts';

function disposeOf(tensors: TensorsOfTf): void {
  // An output may be an input that passed through unchanged, or stand twice: a second time does nothing.
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/**
 * One problem with tensors of its own. Both backends compute before a call returns, so that `run` is complete when it
 * does; what it needed beside the outputs is disposed of within it, as a program that runs for long must.
 */
export class TensorFlowComputation implements Computation {
  readonly #tf: TensorFlow;
  readonly #backend: string;
  readonly #problem: Problem;
  readonly #operation: (inputs: TensorsOfTf) => TensorsOfTf;
  #inputs: TensorsOfTf = {};
  #outputs: TensorsOfTf = {};

  /** @param backend the library's own name of its backend */
  constructor(tf: TensorFlow, backend: string, problem: Problem) {
    this.#tf = tf;
    this.#backend = backend;
    this.#problem = problem;
    this.#operation = operationOf(tf, problem);
  }

  async write(given: Tensors): Promise<void> {
    await this.#select();
    disposeOf(this.#inputs);
    const { shape } = axesOf(this.#problem);
    this.#inputs = Object.fromEntries(
      inputsOf(this.#problem).map(({ name, extent, length }): [TensorName, Tensor] => [
        name,
        // The library may keep the array that it is given; the caller's is the caller's.
        this.#tf.tensor(given[name]!.slice(), extent === 'full' ? shape : [length], 'float32'),
      ]),
    );
  }

  run(): MaybePromise<void> {
    // The library has one current backend for all; another plan of the same process may have taken the other.
    return this.#tf.getBackend() === this.#backend ? this.#compute() : this.#select().then(() => this.#compute());
  }

  async read(into: Tensors): Promise<void> {
    await this.#select();
    for (const { name } of outputsOf(this.#problem)) into[name]?.set(this.#outputs[name]!.dataSync());
  }

  close(): void {
    disposeOf(this.#inputs);
    disposeOf(this.#outputs);
  }

  #compute(): void {
    disposeOf(this.#outputs);
    this.#outputs = this.#operation(this.#inputs);
  }

  async #select(): Promise<void> {
    if (this.#tf.getBackend() !== this.#backend) await this.#tf.setBackend(this.#backend);
  }
}
