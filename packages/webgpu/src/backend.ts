import {
  type Backend,
  BackendUnavailableError,
  checkProblem,
  type Device,
  type DType,
  dtypes,
  type Numerics,
  type Plan,
  type Problem,
  ProblemError,
  usualDTypes,
} from '@normgauge/contract';
import { deviceOf, type FindAdapter } from './adapter.ts';
import { channelGroups, planInGroups } from './channelGroups.ts';
import { additionsDeep } from './geometry.ts';
import { Gpu, type GpuOptions } from './gpu.ts';

/** Of the package; a test compares it with package.json, which a browser cannot read. */
const version = '0.1.0';

/** The sums about a shift lose at most two bits more than those about the mean, see kernels/shiftedSums.ts. */
const lostToShift = 4;

const numerics: Numerics = {
  statistics: 'two-pass',
  reductionDepth: (m) => lostToShift * additionsDeep(m),
  affine: 'centred',
  invStdError: 6,
  flushToZero: true,
  nonFinite: 'unspecified',
  deterministic: true,
};

interface Opened {
  readonly gpu: Gpu;
  readonly device: Device;
}

async function open(find: FindAdapter, options: GpuOptions): Promise<Opened> {
  const found = await find();
  const device = deviceOf(found);
  try {
    const gpu = await Gpu.open(found.adapter, options);
    const reductions = gpu.subgroups ? 'in subgroups, then through workgroup memory' : 'through workgroup memory';
    return { gpu, device: { ...device, details: { ...device.details, reductions } } };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendUnavailableError('webgpu', `"${device.name}" gives no device: ${reason}`, { cause });
  }
}

class WebGpuBackend implements Backend {
  readonly id = 'webgpu';
  readonly version: string = version;
  readonly numerics: Numerics = numerics;
  readonly dtypes: readonly DType[] = dtypes;
  readonly device: Device;
  readonly #find: FindAdapter;
  readonly #options: GpuOptions;
  #gpu: Gpu;
  #closed = false;

  constructor(find: FindAdapter, options: GpuOptions, { gpu, device }: Opened) {
    this.#find = find;
    this.#options = options;
    this.#gpu = gpu;
    this.device = device;
  }

  supports(problem: Problem): true | string {
    if (problem.dtype === 'f16' && !this.#gpu.halves)
      return `needs shader-f16, which ${this.device.name} does not have`;
    const groups = channelGroups(problem, this.#gpu);
    return typeof groups === 'string' ? groups : true;
  }

  async plan(problem: Problem): Promise<Plan> {
    checkProblem(problem, this.#gpu.halves ? dtypes : usualDTypes);
    if (this.#closed) throw new Error('plan: the backend was closed');
    if (this.#gpu.lossMessage !== undefined) this.#gpu = (await open(this.#find, this.#options)).gpu;
    const groups = channelGroups(problem, this.#gpu);
    if (typeof groups === 'string') throw new ProblemError('shape', 'a problem that this device can hold', groups);
    return planInGroups(problem, groups, this.#gpu);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // every plan's buffers go with it
    this.#gpu.close();
  }
}

/** Opens the backend on the adapter that `find` finds. */
export async function openBackendOn(find: FindAdapter, options: GpuOptions = {}): Promise<Backend> {
  return new WebGpuBackend(find, options, await open(find, options));
}
