import {
  checkInputs,
  checkOutputs,
  formatShape,
  inputsOf,
  KernelError,
  momentumWeight,
  outputsOf,
  type Plan,
  type Problem,
  ProblemError,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import { columnsAreChannels, type Geometry, geometryOf } from './geometry.ts';
import { type AddressField, jobBytes, writeJob, writeMomentum } from './job.ts';
import type { Kernels } from './kernels.ts';
import { capacity, roundUp, type WasmMemory } from './memory.ts';

/** The fields of the job that hold the addresses of the tensors, by what the contract calls them. */
const inputFields: { readonly [name in TensorName]?: AddressField } = {
  x: 'x',
  dy: 'dy',
  gamma: 'gamma',
  beta: 'beta',
  mean: 'mean',
  invStd: 'invStd',
  runningMean: 'runningMean',
  runningVar: 'runningVar',
};

const outputFields: { readonly [name in TensorName]?: AddressField } = {
  y: 'out',
  dx: 'out',
  mean: 'mean',
  invStd: 'invStd',
  runningMean: 'nextMean',
  runningVar: 'nextVar',
  dGamma: 'dGamma',
  dBeta: 'dBeta',
};

interface Region {
  readonly field: AddressField | 'job';
  readonly bytes: number;
}

/**
 * Large tensors lie one behind the other, each a third of a page further into its page than the one before it: the
 * kernels walk them side by side, and lines at the same place of a page fight for one set of the L1 cache.
 */
const page = 4096;
const stagger = 1344;

function staggered(bytes: number): number {
  return bytes < 4 * page ? bytes : Math.ceil((bytes - stagger) / page) * page + stagger;
}

/** Everything a plan needs in WebAssembly memory. batchesTracked stays outside: it becomes the momentum. */
function regionsOf(problem: Problem, geometry: Geometry, sizes: Kernels['sizes']): readonly Region[] {
  const tensors = [
    ...inputsOf(problem).map(({ name, length }) => ({ field: inputFields[name], length })),
    ...outputsOf(problem).map(({ name, length }) => ({ field: outputFields[name], length })),
  ]
    .flatMap(({ field, length }) => (field === undefined ? [] : [{ field, bytes: staggered(length * 4) }]))
    .sort((a, b) => b.bytes - a.bytes);
  const quads = Math.ceil(problem.shape.c / 4);
  const vectors = columnsAreChannels(geometry) ? 0 : Math.ceil(geometry.columns / 4);
  return [
    ...tensors,
    { field: 'job', bytes: jobBytes },
    { field: 'records', bytes: quads * sizes.recordBytes },
    { field: 'slots', bytes: quads * sizes.slotsBytes },
    { field: 'marks', bytes: 4 * quads },
    { field: 'columnRecords', bytes: vectors * sizes.recordBytes },
    { field: 'columnSlots', bytes: vectors * sizes.slotsBytes },
  ];
}

function bytesOf(regions: readonly Region[]): number {
  return regions.reduce((sum, { bytes }) => sum + roundUp(bytes), 0);
}

/** Bytes of WebAssembly memory that a plan of this problem takes. */
export function bytesNeeded(problem: Problem, kernels: Kernels): number {
  return bytesOf(regionsOf(problem, geometryOf(problem), kernels.sizes));
}

/** One problem, its tensors in WebAssembly memory from `write` until `read`. */
export class WasmPlan implements Plan {
  readonly #problem: Problem;
  readonly #kernels: Kernels;
  readonly #memory: WasmMemory;
  /** Where the plan's block of memory starts. */
  readonly #block: number;
  readonly #addresses: ReadonlyMap<Region['field'], number>;
  readonly #job: number;
  #state: 'empty' | 'written' | 'computed' | 'closed' = 'empty';

  /** @throws {ProblemError} when the problem is larger than a WebAssembly memory can be */
  constructor(problem: Problem, kernels: Kernels, memory: WasmMemory) {
    const geometry = geometryOf(problem);
    const regions = regionsOf(problem, geometry, kernels.sizes);
    const bytes = bytesOf(regions);
    if (bytes > capacity) {
      throw new ProblemError(
        'shape',
        `tensors of at most ${capacity} bytes together, which is what a WebAssembly memory holds`,
        `${bytes} bytes for ${problem.op} of ${formatShape(problem.shape)}`,
      );
    }
    this.#problem = problem;
    this.#kernels = kernels;
    this.#memory = memory;
    this.#block = memory.allocate(bytes);
    const addresses = new Map<Region['field'], number>();
    let at = this.#block;
    for (const region of regions) {
      addresses.set(region.field, at);
      at += roundUp(region.bytes);
    }
    if (columnsAreChannels(geometry)) {
      addresses.set('columnRecords', addresses.get('records')!);
      addresses.set('columnSlots', addresses.get('slots')!);
    }
    this.#addresses = addresses;
    this.#job = addresses.get('job')!;
    writeJob(memory.memory, this.#job, problem, geometry, Object.fromEntries(addresses));
  }

  write(inputs: Tensors): void {
    this.#requireOpen('write');
    checkInputs(this.#problem, inputs);
    for (const { name, length } of inputsOf(this.#problem)) {
      const field = inputFields[name];
      if (field !== undefined) this.#view(field, length).set(inputs[name]!);
    }
    if (inputs.batchesTracked) {
      writeMomentum(
        this.#memory.memory,
        this.#job,
        momentumWeight(this.#problem.convention, inputs.batchesTracked[0]!),
      );
    }
    this.#state = 'written';
  }

  run(): void {
    this.#requireOpen('run');
    if (this.#state === 'empty') throw new KernelError('order', 'run: expected write before it, got none');
    this.#kernels.run[this.#problem.op](this.#job);
    this.#state = 'computed';
  }

  read(into: Tensors): void {
    this.#requireOpen('read');
    checkOutputs(this.#problem, into);
    if (this.#state !== 'computed') throw new KernelError('order', 'read: expected run before it, got none');
    for (const { name, length } of outputsOf(this.#problem)) {
      into[name]?.set(this.#view(outputFields[name]!, length));
    }
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#memory.free(this.#block);
  }

  #view(field: AddressField, length: number): Float32Array {
    return this.#memory.floats(this.#addresses.get(field)!, length);
  }

  #requireOpen(method: string): void {
    if (this.#state === 'closed') throw new KernelError('order', `${method}: expected an open plan, got a closed one`);
  }
}
