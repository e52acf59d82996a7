import {
  checkInputs,
  checkOutputs,
  type DeviceTime,
  inputsOf,
  outputsOf,
  type Plan,
  type Problem,
  positionsOf,
  type TensorName,
  type TensorSlot,
  type Tensors,
} from '@normgauge/contract';
import type { Gpu } from './gpu.ts';
import { fits, GpuPlan } from './plan.ts';

/*
 * A tensor that is larger than a device lets a shader bind. Channels have nothing to do with one another, so a problem falls apart
 * into groups of channels that are problems of their own, each with buffers of its own, until the device's memory ends. Only a
 * single channel over the limit is refused.
 */

/** Adjacent channels, from the first to before the last. */
interface Group {
  readonly first: number;
  readonly end: number;
}

const onGroup = (problem: Problem, { first, end }: Group): Problem => ({
  ...problem,
  shape: { ...problem.shape, c: end - first },
});

/** The fewest groups of alike many channels that fit, or which buffer of one channel is over which limit. */
export function channelGroups(problem: Problem, gpu: Pick<Gpu, 'limits' | 'parallelism'>): readonly Group[] | string {
  const { c } = problem.shape;
  const groups = (count: number): readonly Group[] => {
    const size = Math.ceil(c / count);
    return Array.from({ length: Math.ceil(c / size) }, (_, k) => ({
      first: k * size,
      end: Math.min((k + 1) * size, c),
    }));
  };
  const allFit = (count: number): true | string => fits(onGroup(problem, groups(count)[0]!), gpu);
  const alone = allFit(c);
  if (alone !== true) return alone;
  // more groups are smaller ones, so that the least number that fits is found by halving
  let few = 1;
  let many = c;
  while (few < many) {
    const middle = Math.floor((few + many) / 2);
    if (allFit(middle) === true) many = middle;
    else few = middle + 1;
  }
  return groups(few);
}

/** The part of a tensor that a group has: so many rows, of which it has a stretch each. Lengths are elements. */
interface Stretches {
  readonly rows: number;
  readonly rowLength: number;
  readonly offset: number;
  readonly length: number;
}

function stretchesOf({ shape, layout }: Problem, { extent, length }: TensorSlot, { first, end }: Group): Stretches {
  if (extent === 'scalar') return { rows: 1, rowLength: length, offset: 0, length };
  if (extent === 'channel') return { rows: 1, rowLength: length, offset: first, length: end - first };
  const positions = positionsOf(shape);
  const [rows, perChannel] = layout === 'nchw' ? [shape.n, positions] : [shape.n * positions, 1];
  return { rows, rowLength: shape.c * perChannel, offset: first * perChannel, length: (end - first) * perChannel };
}

function gather(whole: Float32Array, { rows, rowLength, offset, length }: Stretches): Float32Array {
  const part = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const from = row * rowLength + offset;
    part.set(whole.subarray(from, from + length), row * length);
  }
  return part;
}

function scatter(part: Float32Array, whole: Float32Array, { rows, rowLength, offset, length }: Stretches): void {
  for (let row = 0; row < rows; row++) {
    whole.set(part.subarray(row * length, (row + 1) * length), row * rowLength + offset);
  }
}

/** One plan a group, and the tensors cut and put together on the way. */
class GroupedPlan implements Plan {
  readonly #problem: Problem;
  readonly #parts: readonly { readonly group: Group; readonly plan: GpuPlan }[];
  readonly deviceTime?: (work: 'run' | 'copy', calls: number) => Promise<DeviceTime>;

  constructor(problem: Problem, parts: readonly { readonly group: Group; readonly plan: GpuPlan }[]) {
    this.#problem = problem;
    this.#parts = parts;
    if (parts.every(({ plan }) => plan.deviceTime)) {
      this.deviceTime = (work, calls) => this.#deviceTime(work, calls);
    }
  }

  async #deviceTime(work: 'run' | 'copy', calls: number): Promise<DeviceTime> {
    let all: DeviceTime = { nanoseconds: 0, quantum: 0 };
    for (const { plan } of this.#parts) {
      const { nanoseconds, quantum } = await plan.deviceTime!(work, calls);
      all = { nanoseconds: all.nanoseconds + nanoseconds, quantum: Math.max(all.quantum, quantum) };
    }
    return all;
  }

  async write(inputs: Tensors): Promise<void> {
    checkInputs(this.#problem, inputs);
    for (const { group, plan } of this.#parts) {
      const own = inputsOf(this.#problem).map((slot) => [
        slot.name,
        gather(inputs[slot.name]!, stretchesOf(this.#problem, slot, group)),
      ]);
      await plan.write(Object.fromEntries(own) as Tensors);
    }
  }

  async run(): Promise<void> {
    for (const { plan } of this.#parts) await plan.run();
  }

  async read(into: Tensors): Promise<void> {
    checkOutputs(this.#problem, into);
    const asked = outputsOf(this.#problem).filter(({ name }) => into[name] !== undefined);
    for (const { group, plan } of this.#parts) {
      const own: { [name in TensorName]?: Float32Array } = {};
      for (const slot of asked) {
        const { rows, length } = stretchesOf(this.#problem, slot, group);
        own[slot.name] = new Float32Array(rows * length);
      }
      await plan.read(own);
      for (const slot of asked) {
        scatter(own[slot.name]!, into[slot.name]!, stretchesOf(this.#problem, slot, group));
      }
    }
  }

  async copy(): Promise<void> {
    for (const { plan } of this.#parts) await plan.copy();
  }

  close(): void {
    for (const { plan } of this.#parts) plan.close();
  }
}

/**
 * A plan for a problem, in as many groups of channels as the device's limits ask for.
 * @throws {Error} when memory is short, a shader does not compile or the device is lost
 */
export async function planInGroups(problem: Problem, groups: readonly Group[], gpu: Gpu): Promise<Plan> {
  if (groups.length === 1) return GpuPlan.make(problem, gpu);
  const parts: { group: Group; plan: GpuPlan }[] = [];
  try {
    for (const group of groups) parts.push({ group, plan: await GpuPlan.make(onGroup(problem, group), gpu) });
  } catch (error) {
    for (const { plan } of parts) plan.close();
    throw error;
  }
  return new GroupedPlan(problem, parts);
}
