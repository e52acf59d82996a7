import {
  type Backend,
  BackendUnavailableError,
  conventionNamed,
  type Numerics,
  type OpenBackend,
  type OpenOptions,
  type Problem,
} from '@normgauge/contract';
import { loadLibrary } from '../libraries.ts';
import { backendOf } from '../libraryBackend.ts';
import { otherConvention } from '../listing.ts';
import type { InferenceSession, OnnxRuntime } from './api.ts';
import { graphOf } from './batchNormalization.ts';
import { OnnxComputation } from './computation.ts';
import { modelBytes } from './model.ts';

/** ONNX BatchNormalization, opset 15: the running variance is the population's. eps and momentum are attributes. */
const own = { epsPlacement: 'inside-sqrt', normalizeDivisor: 'm', runningDivisor: 'm' } as const;

/** onnxruntime/core/providers/cpu/nn/batch_norm.h: two sweeps for the statistics, then y = x·scale' + bias'. */
const numerics: Numerics = { statistics: 'two-pass', affine: 'folded' };

/**
 * True, or why ONNX Runtime has no such BatchNorm.
 *
 * @param trainingFault what this build said to a model in training mode; undefined where it ran one
 */
export function supportedByOnnxRuntime(problem: Problem, trainingFault: string | undefined): true | string {
  if (problem.op === 'backward' || problem.op === 'backward-frozen') {
    return 'has no gradients: its packages run models forwards';
  }
  const other = otherConvention(own, problem);
  if (other !== undefined) return other;
  if (problem.op === 'inference') return true;
  if (problem.convention.momentum === 'cumulative') return 'takes a number for momentum, no cumulative average';
  return trainingFault === undefined || `says of training_mode = 1: ${trainingFault}`;
}

interface Runtime {
  readonly id: string;
  readonly library: string;
  readonly provider: string;
}

/** The smallest training problem there is, to see whether the build does training at all. */
const probe: Problem = {
  op: 'forward-training',
  shape: { n: 2, c: 1, spatial: [1] },
  layout: 'nchw',
  dtype: 'f32',
  affine: true,
  convention: conventionNamed('onnx')!,
};

/** Which of the two packages this process loaded first. */
let loadedFirst: string | undefined;

/**
 * Both packages share one registry, in which the name `cpu` stays with the first that takes it: after onnxruntime-web,
 * onnxruntime-node would run in WebAssembly under another name. The harness gives each a process of its own.
 */
function load({ id, library, provider }: Runtime): OnnxRuntime {
  const ort = loadLibrary(id, library).exports as OnnxRuntime;
  loadedFirst ??= library;
  if (provider === 'cpu' && loadedFirst !== library) {
    throw new BackendUnavailableError(id, `${library} cannot run in a process that loaded ${loadedFirst} before it`);
  }
  return ort;
}

async function openOnnxRuntime(runtime: Runtime, { threads = 1 }: OpenOptions = {}): Promise<Backend> {
  const { id, provider } = runtime;
  const ort = load(runtime);
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  const session = (problem: Problem): Promise<InferenceSession> =>
    ort.InferenceSession.create(modelBytes(graphOf(problem)), {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  const compute = async (problem: Problem): Promise<OnnxComputation> =>
    new OnnxComputation(ort, await session(problem), problem);
  const trainingFault = await faultOf(compute);
  const { web, node } = ort.env.versions;
  return backendOf({
    id,
    version: (provider === 'wasm' ? web : node) ?? 'unknown',
    numerics,
    supports: (problem) => supportedByOnnxRuntime(problem, trainingFault),
    compute,
  });
}

/** What the build says to a model in training mode, in its own words; undefined where it runs it. */
async function faultOf(compute: (problem: Problem) => Promise<OnnxComputation>): Promise<string | undefined> {
  try {
    const training = await compute(probe);
    const one = Float32Array.of(1);
    training.write({ x: Float32Array.of(1, 2), gamma: one, beta: one, runningMean: one, runningVar: one });
    await training.run();
    await training.close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * ONNX Runtime Web on its WebAssembly backend: a model of one BatchNormalization node a problem. One thread, unless the
 * harness asks for more; no proxy worker.
 *
 * @throws {BackendUnavailableError} when it is not installed
 */
export const openOnnxWeb: OpenBackend = (options?: OpenOptions) =>
  openOnnxRuntime({ id: 'ort-web', library: 'onnxruntime-web', provider: 'wasm' }, options);

/**
 * ONNX Runtime's native CPU provider, through its Node package.
 *
 * @throws {BackendUnavailableError} when it is not installed, or has no binary for this machine
 */
export const openOnnxNode: OpenBackend = (options?: OpenOptions) =>
  openOnnxRuntime({ id: 'ort-node', library: 'onnxruntime-node', provider: 'cpu' }, options);
