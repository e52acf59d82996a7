import { isSoftware } from './adapter.ts';
import { hardwareParallelism, type Parallelism, softwareParallelism } from './geometry.ts';
import { bindingsOf, type Kernel, wgslOf } from './kernel.ts';
import { subgroupsAreAdjacent } from './subgroups.ts';
import { Timestamps } from './timestamps.ts';

/** What this backend asks of a device; everything else stays at WebGPU's defaults. */
export interface AskedLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

function askedOf({
  maxBufferSize,
  maxStorageBufferBindingSize,
  maxComputeWorkgroupsPerDimension,
}: GPUSupportedLimits): AskedLimits {
  return { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupsPerDimension };
}

/** What may be decided about a device, for tests; left out: what suits the adapter best. */
export interface GpuOptions {
  readonly parallelism?: Parallelism;
  /** Limits to keep to that are below those of the device, which gives none below WebGPU's defaults. */
  readonly limits?: Partial<AskedLimits>;
  /** Whether to use subgroups where the device has them. */
  readonly subgroups?: boolean;
}

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** What a device may report about work given to it. */
const scopes = [
  { filter: 'internal', meaning: 'internal GPU error' },
  { filter: 'out-of-memory', meaning: 'out of GPU memory' },
  { filter: 'validation', meaning: 'GPU validation error' },
] as const;

/**
 * A device and what it compiled. Every method turns what WebGPU reports on the side (error scopes, compilation messages, a lost
 * device) into an Error with one sentence.
 */
export class Gpu {
  readonly device: GPUDevice;
  readonly limits: AskedLimits;
  readonly parallelism: Parallelism;
  /** Whether kernels use subgroups. */
  readonly subgroups: boolean;
  /** Whether shaders may hold float16. */
  readonly halves: boolean;
  /** Its clock, where it has one. */
  readonly timestamps: Timestamps | undefined;
  readonly #compiled = new Map<string, Promise<CompiledKernel>>();
  readonly #lost: Promise<never>;
  #lossMessage: string | undefined;

  /**
   * The device of an adapter, with the largest limits that the adapter has.
   * @throws {Error} when the adapter gives none
   */
  static async open(adapter: GPUAdapter, options: GpuOptions = {}): Promise<Gpu> {
    const requiredLimits = { ...askedOf(adapter.limits) };
    const wanted = (options.subgroups ?? true) && adapter.features.has('subgroups');
    const features: readonly GPUFeatureName[] = [
      'timestamp-query',
      'shader-f16',
      ...(wanted ? (['subgroups'] as const) : []),
    ];
    const requiredFeatures = features.filter((feature) => adapter.features.has(feature));
    const device = await adapter.requestDevice({ label: 'normgauge', requiredLimits, requiredFeatures });
    return new Gpu(device, {
      parallelism: isSoftware(adapter) ? softwareParallelism : hardwareParallelism,
      ...options,
      subgroups: wanted && (await subgroupsAreAdjacent(device)),
    });
  }

  private constructor(device: GPUDevice, options: GpuOptions & { parallelism: Parallelism; subgroups: boolean }) {
    this.device = device;
    this.limits = { ...askedOf(device.limits), ...options.limits };
    this.parallelism = options.parallelism;
    this.subgroups = options.subgroups;
    this.halves = device.features.has('shader-f16');
    this.timestamps = device.features.has('timestamp-query') ? new Timestamps(this) : undefined;
    this.#lost = device.lost.then(({ reason, message }) => {
      this.#lossMessage ??= `the GPU device was lost (${reason}): ${message}`;
      throw new Error(this.#lossMessage);
    });
    // a loss that nobody waits for is told by the next call
    this.#lost.catch(() => {});
  }

  /** Why the device is gone, if it is. */
  get lossMessage(): string | undefined {
    return this.#lossMessage;
  }

  /**
   * Does something with the device, synchronously, and waits until the device has accepted it.
   * @throws {Error} naming `what` and the validation error, shortage of memory, internal error or loss that came of it
   */
  async guarded<T>(what: string, work: () => T): Promise<T> {
    if (this.#lossMessage !== undefined) throw new Error(`${what}: ${this.#lossMessage}`);
    // scopes are a stack: the last pushed is popped first, before anything else can come between
    for (const { filter } of scopes) this.device.pushErrorScope(filter);
    let result: T;
    let popped: Promise<(GPUError | null)[]>;
    try {
      result = work();
    } finally {
      popped = Promise.all(scopes.map(() => this.device.popErrorScope()));
      popped.catch(() => {});
    }
    const errors = await this.orLost(what, popped);
    errors.reverse().forEach((error, index) => {
      if (error === null) return;
      const [sentence] = error.message.split('\n');
      throw new Error(`${what}: ${scopes[index]!.meaning}: ${sentence}`, { cause: error });
    });
    return result;
  }

  /** The promise's result, or an Error if the device is lost before it comes. */
  async orLost<T>(what: string, promise: Promise<T>): Promise<T> {
    try {
      return await Promise.race([promise, this.#lost]);
    } catch (cause) {
      const reason = this.#lossMessage ?? (cause instanceof Error ? cause.message : String(cause));
      throw new Error(`${what}: ${reason}`, { cause });
    }
  }

  /**
   * Resolves when all work submitted so far is done.
   * @throws {Error} when the device is lost before that
   */
  async done(what: string): Promise<void> {
    await this.orLost(what, this.device.queue.onSubmittedWorkDone());
    if (this.#lossMessage !== undefined) throw new Error(`${what}: ${this.#lossMessage}`);
  }

  /**
   * A buffer of so many bytes, at least 4.
   * @throws {Error} naming the buffer, its size and the limit or the shortage of memory
   */
  buffer(label: string, bytes: number, usage: GPUBufferUsageFlags): Promise<GPUBuffer> {
    const { maxBufferSize } = this.limits;
    if (bytes > maxBufferSize) {
      throw new Error(`${label}: expected at most ${maxBufferSize} bytes (maxBufferSize), got ${bytes}`);
    }
    return this.guarded(`${label}: a buffer of ${bytes} bytes`, () =>
      this.device.createBuffer({ label, size: Math.max(bytes, 4), usage }),
    );
  }

  /**
   * Compiles a kernel, once a text.
   * @throws {Error} naming the kernel, line, column and message when its WGSL does not compile
   */
  compile(kernel: Kernel): Promise<CompiledKernel> {
    const code = wgslOf(kernel);
    const known = this.#compiled.get(code);
    if (known !== undefined) return known;
    const compiled = this.#compile(kernel, code);
    this.#compiled.set(code, compiled);
    // what failed is tried again by the next plan, and says again why
    compiled.catch(() => this.#compiled.delete(code));
    return compiled;
  }

  async #compile(kernel: Kernel, code: string): Promise<CompiledKernel> {
    const what = `shader "${kernel.label}"`;
    const module = await this.#module(what, code);
    const { layout, pipelineLayout } = await this.guarded(what, () => {
      const entries = bindingsOf(kernel).map(({ type }, binding) => ({
        binding,
        visibility: 4, // GPUShaderStage.COMPUTE, a global that Node lacks
        buffer: { type },
      }));
      const layout = this.device.createBindGroupLayout({ label: kernel.label, entries });
      return { layout, pipelineLayout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }) };
    });
    const pipeline = await this.orLost(
      what,
      this.device.createComputePipelineAsync({
        label: kernel.label,
        layout: pipelineLayout,
        compute: { module, entryPoint: 'main' },
      }),
    );
    return { pipeline, layout };
  }

  async #module(what: string, code: string): Promise<GPUShaderModule> {
    let module: GPUShaderModule | undefined;
    try {
      await this.guarded(what, () => {
        module = this.device.createShaderModule({ code });
      });
      return module!;
    } catch (cause) {
      const messages = (await module?.getCompilationInfo())?.messages ?? [];
      const first = messages.find(({ type }) => type === 'error');
      if (first === undefined) throw cause;
      const { lineNum, linePos, message } = first;
      throw new Error(`${what} does not compile: line ${lineNum}, column ${linePos}: ${message}`, { cause });
    }
  }

  /** Gives the device back, and with it every buffer. */
  close(): void {
    this.#lossMessage ??= 'the backend was closed';
    this.device.destroy();
  }
}
