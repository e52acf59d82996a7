import {
  bytesPerElement,
  checkInputs,
  checkOutputs,
  type DeviceTime,
  type Extent,
  elementsOf,
  inputsOf,
  KernelError,
  outputsOf,
  type Plan,
  type Problem,
  type TensorName,
  type TensorSlot,
  type Tensors,
} from '@normgauge/contract';
import { channelInputLength, channelInputOffset, channelOutputLength, channelOutputOffset } from './channelTensors.ts';
import { type Geometry, geometryOf, gridOf } from './geometry.ts';
import type { Gpu } from './gpu.ts';
import { fromHalves, halvesOf } from './halves.ts';
import { type BufferName, bindingsOf } from './kernel.ts';
import { paramsOf } from './params.ts';
import { stepsOf } from './program.ts';
import type { Timestamps } from './timestamps.ts';
import { mapRead, usage } from './usage.ts';

const float = Float32Array.BYTES_PER_ELEMENT;

/** A step ready to be encoded. */
interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly buffers: GPUBindGroup;
  readonly grid: readonly [x: number, y: number];
}

/** Where a tensor lies: a buffer and an offset, in elements. */
interface Place {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** Bytes of a slot of this problem where it is stored, in whole words: WebGPU copies nothing else. */
function bytesOf(problem: Problem, { extent, length }: Pick<TensorSlot, 'extent' | 'length'>): number {
  return Math.ceil((length * (extent === 'full' ? bytesPerElement(problem) : float)) / float) * float;
}

/** Bytes of every buffer that this problem needs. */
function bufferSizes(problem: Problem, geometry: Geometry): ReadonlyMap<BufferName, number> {
  const { c, reduce } = geometry;
  const full = bytesOf(problem, { extent: 'full', length: elementsOf(problem.shape) });
  const all: Readonly<Record<BufferName, number>> = {
    p: paramsOf(problem, geometry).byteLength,
    x: full,
    dy: full,
    result: full,
    channelsIn: channelInputLength(problem) * float,
    channelsOut: channelOutputLength(problem) * float,
    partials: 4 * reduce.parts * c * float,
    coefficients: 8 * c * float,
  };
  const used = new Set(
    stepsOf(problem, geometry, false).flatMap(({ kernel }) => bindingsOf(kernel).map(({ name }) => name)),
  );
  // inputs are taken over whether or not a shader needs them: x is not read by every gradient
  for (const name of ['x', 'channelsIn', 'channelsOut'] as const) used.add(name);
  return new Map([...used].map((name) => [name, all[name]]));
}

/** True, or which buffer of the problem is over which limit of the device. */
export function fits(problem: Problem, { limits, parallelism }: Pick<Gpu, 'limits' | 'parallelism'>): true | string {
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const limit = most === limits.maxBufferSize ? 'maxBufferSize' : 'maxStorageBufferBindingSize';
  for (const [name, bytes] of bufferSizes(problem, geometryOf(problem, parallelism))) {
    if (bytes > most) return `${name} has ${bytes} bytes, over this device's ${limit} of ${most}`;
  }
  const outputs = outputsOf(problem).reduce((sum, slot) => sum + bytesOf(problem, slot), 0);
  if (outputs > limits.maxBufferSize) {
    return `the outputs have ${outputs} bytes, over this device's maxBufferSize of ${limits.maxBufferSize}`;
  }
  return true;
}

/** Buffers, bind groups and pipelines of one problem, on one device. */
export class GpuPlan implements Plan {
  readonly #problem: Problem;
  readonly #gpu: Gpu;
  readonly #buffers: ReadonlyMap<BufferName, GPUBuffer>;
  readonly #dispatches: readonly Dispatch[];
  #staging: GPUBuffer | undefined;
  #copyOfX: GPUBuffer | undefined;
  #state: 'made' | 'written' | 'run' = 'made';
  readonly deviceTime?: (work: 'run' | 'copy', calls: number) => Promise<DeviceTime>;

  /** @throws {Error} when memory is short, a shader does not compile or the device is lost */
  static async make(problem: Problem, gpu: Gpu): Promise<GpuPlan> {
    const geometry = geometryOf(problem, gpu.parallelism);
    const compiled = await Promise.all(
      stepsOf(problem, geometry, gpu.subgroups).map(async ({ kernel, groups }) => ({
        kernel,
        groups,
        ...(await gpu.compile(kernel)),
      })),
    );
    const buffers = new Map<BufferName, GPUBuffer>();
    try {
      for (const [name, bytes] of bufferSizes(problem, geometry)) {
        const kind = name === 'p' ? usage.uniform : usage.storage;
        buffers.set(name, await gpu.buffer(name, bytes, kind | usage.copySource | usage.copyTarget));
      }
      const dispatches = await gpu.guarded('plan', () => {
        gpu.device.queue.writeBuffer(buffers.get('p')!, 0, paramsOf(problem, geometry));
        const ones = new Float32Array(problem.shape.c).fill(1);
        gpu.device.queue.writeBuffer(buffers.get('channelsIn')!, channelInputOffset(problem, 'gamma') * float, ones);
        return compiled.map(({ kernel, groups, pipeline, layout }): Dispatch => {
          const entries = bindingsOf(kernel).map(({ name }, binding) => ({
            binding,
            resource: { buffer: buffers.get(name)! },
          }));
          return {
            pipeline,
            buffers: gpu.device.createBindGroup({ label: kernel.label, layout, entries }),
            grid: gridOf(groups, gpu.limits.maxComputeWorkgroupsPerDimension),
          };
        });
      });
      return new GpuPlan(problem, gpu, buffers, dispatches);
    } catch (error) {
      for (const buffer of buffers.values()) buffer.destroy();
      throw error;
    }
  }

  private constructor(
    problem: Problem,
    gpu: Gpu,
    buffers: ReadonlyMap<BufferName, GPUBuffer>,
    dispatches: readonly Dispatch[],
  ) {
    this.#problem = problem;
    this.#gpu = gpu;
    this.#buffers = buffers;
    this.#dispatches = dispatches;
    const { timestamps } = gpu;
    if (timestamps !== undefined) this.deviceTime = (work, calls) => this.#deviceTime(timestamps, work, calls);
  }

  #inputPlace(name: TensorName): Place {
    if (name === 'x' || name === 'dy') return { buffer: this.#buffers.get(name)!, offset: 0 };
    return { buffer: this.#buffers.get('channelsIn')!, offset: channelInputOffset(this.#problem, name) };
  }

  #outputPlace(name: TensorName): Place {
    const offset = channelOutputOffset(this.#problem, name);
    return offset === undefined
      ? { buffer: this.#buffers.get('result')!, offset: 0 }
      : { buffer: this.#buffers.get('channelsOut')!, offset };
  }

  async write(inputs: Tensors): Promise<void> {
    checkInputs(this.#problem, inputs);
    await this.#gpu.guarded('write', () => {
      for (const { name, extent } of inputsOf(this.#problem)) {
        const { buffer, offset } = this.#inputPlace(name);
        const source = inputs[name]!;
        this.#gpu.device.queue.writeBuffer(buffer, offset * float, this.#asStored(source, extent));
      }
    });
    this.#state = 'written';
  }

  #asStored(source: Float32Array, extent: Extent): Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
    if (extent === 'full' && this.#problem.dtype === 'f16') return halvesOf(source);
    // the npm package webgpu 0.6.2 crashes the process when it is given shared memory
    return source.buffer instanceof ArrayBuffer ? (source as Float32Array<ArrayBuffer>) : new Float32Array(source);
  }

  async run(): Promise<void> {
    if (this.#state === 'made') throw new KernelError('order', 'run: expected write before it, got none');
    const { device } = this.#gpu;
    const submitted = this.#gpu.guarded('run', () => {
      const encoder = device.createCommandEncoder();
      this.#encodeRun(encoder, 1);
      device.queue.submit([encoder.finish()]);
    });
    await Promise.all([submitted, this.#gpu.done('run')]);
    this.#state = 'run';
  }

  #encodeRun(encoder: GPUCommandEncoder, calls: number): void {
    const pass = encoder.beginComputePass();
    for (let call = 0; call < calls; call++) {
      for (const { pipeline, buffers, grid } of this.#dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, buffers);
        pass.dispatchWorkgroups(...grid);
      }
    }
    pass.end();
  }

  async read(into: Tensors): Promise<void> {
    checkOutputs(this.#problem, into);
    if (this.#state !== 'run') throw new KernelError('order', 'read: expected run before it, got none');
    const asked = outputsOf(this.#problem).filter(({ name }) => into[name] !== undefined);
    if (asked.length === 0) return;
    const staging = await this.#stagingBuffer();
    let end = 0;
    const copies = asked.map((slot) => {
      const at = end;
      const bytes = bytesOf(this.#problem, slot);
      end += bytes;
      return { view: into[slot.name]!, from: this.#outputPlace(slot.name), at, bytes, slot };
    });
    await this.#gpu.guarded('read', () => {
      const encoder = this.#gpu.device.createCommandEncoder();
      for (const { from, at, bytes } of copies) {
        encoder.copyBufferToBuffer(from.buffer, from.offset * float, staging, at, bytes);
      }
      this.#gpu.device.queue.submit([encoder.finish()]);
    });
    await this.#gpu.orLost('read', staging.mapAsync(mapRead, 0, end));
    try {
      const mapped = staging.getMappedRange(0, end);
      for (const { view, at, slot } of copies) {
        if (slot.extent === 'full' && this.#problem.dtype === 'f16') {
          fromHalves(new Uint16Array(mapped, at, slot.length), view);
        } else view.set(new Float32Array(mapped, at, slot.length));
      }
    } finally {
      staging.unmap();
    }
  }

  /** Room for all outputs, kept until the plan is closed. */
  async #stagingBuffer(): Promise<GPUBuffer> {
    const bytes = outputsOf(this.#problem).reduce((sum, slot) => sum + bytesOf(this.#problem, slot), 0);
    this.#staging ??= await this.#gpu.buffer('staging', bytes, usage.mapRead | usage.copyTarget);
    return this.#staging;
  }

  async copy(): Promise<void> {
    const target = await this.#copyTarget();
    const submitted = this.#gpu.guarded('copy', () => {
      const encoder = this.#gpu.device.createCommandEncoder();
      this.#encodeCopy(encoder, target);
      this.#gpu.device.queue.submit([encoder.finish()]);
    });
    await Promise.all([submitted, this.#gpu.done('copy')]);
  }

  #encodeCopy(encoder: GPUCommandEncoder, target: GPUBuffer): void {
    const x = this.#buffers.get('x')!;
    encoder.copyBufferToBuffer(x, 0, target, 0, x.size);
  }

  /** Where x is copied to, kept until the plan is closed. */
  async #copyTarget(): Promise<GPUBuffer> {
    this.#copyOfX ??= await this.#gpu.buffer(
      'copy of x',
      this.#buffers.get('x')!.size,
      usage.storage | usage.copyTarget,
    );
    return this.#copyOfX;
  }

  async #deviceTime(timestamps: Timestamps, work: 'run' | 'copy', calls: number): Promise<DeviceTime> {
    if (work === 'run' && this.#state === 'made') {
      throw new KernelError('order', 'deviceTime: expected write before it, got none');
    }
    const target = work === 'copy' ? await this.#copyTarget() : undefined;
    const time = await timestamps.between((encoder) => {
      if (target === undefined) this.#encodeRun(encoder, calls);
      else for (let call = 0; call < calls; call++) this.#encodeCopy(encoder, target);
    });
    if (work === 'run') this.#state = 'run';
    return time;
  }

  close(): void {
    for (const buffer of [...this.#buffers.values(), this.#staging, this.#copyOfX]) buffer?.destroy();
  }
}
