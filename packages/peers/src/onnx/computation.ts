import { inputsOf, outputsOf, type Problem, type Tensors } from '@normgauge/contract';
import type { Computation } from '../libraryPlan.ts';
import type { InferenceSession, OnnxRuntime, OrtTensor } from './api.ts';
import { outputName, shapeOf } from './batchNormalization.ts';

type OrtTensors = Readonly<Record<string, OrtTensor>>;

/**
 * One problem as a session of its own. The runtime is fed arrays and gives arrays: its copies in and out are a part of
 * `run`, since nobody gets results from it without them.
 */
export class OnnxComputation implements Computation {
  readonly #ort: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #problem: Problem;
  #feeds: OrtTensors = {};
  #results: OrtTensors = {};

  constructor(ort: OnnxRuntime, session: InferenceSession, problem: Problem) {
    this.#ort = ort;
    this.#session = session;
    this.#problem = problem;
  }

  write(given: Tensors): void {
    this.#feeds = Object.fromEntries(
      inputsOf(this.#problem).map((slot) => [
        slot.name,
        new this.#ort.Tensor('float32', given[slot.name]!.slice(), shapeOf(this.#problem, slot)),
      ]),
    );
  }

  async run(): Promise<void> {
    this.#disposeResults();
    this.#results = await this.#session.run(this.#feeds);
  }

  read(into: Tensors): void {
    for (const { name } of outputsOf(this.#problem)) into[name]?.set(this.#results[outputName(name)]!.data);
  }

  async close(): Promise<void> {
    this.#disposeResults();
    await this.#session.release();
  }

  #disposeResults(): void {
    for (const tensor of Object.values(this.#results)) tensor.dispose();
    this.#results = {};
  }
}
