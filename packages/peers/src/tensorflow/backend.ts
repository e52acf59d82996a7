import { sep } from 'node:path';
import {
  type Backend,
  BackendUnavailableError,
  type Numerics,
  type OpenBackend,
  type Problem,
} from '@normgauge/contract';
import { loadLibrary } from '../libraries.ts';
import { backendOf } from '../libraryBackend.ts';
import { otherConvention } from '../listing.ts';
import type { TensorFlow, TensorFlowWasm } from './api.ts';
import { TensorFlowComputation } from './computation.ts';

/** What its batchNorm and the layer around it decide; eps and momentum are the caller's. */
const own = { epsPlacement: 'inside-sqrt', normalizeDivisor: 'm', runningDivisor: 'm' } as const;

/** True, or why TensorFlow.js has no such BatchNorm, whatever its backend. */
export function supportedByTensorFlow(problem: Problem): true | string {
  const other = otherConvention(own, problem);
  if (other !== undefined) return other;
  if (problem.op === 'forward-training' && problem.convention.momentum === 'cumulative') {
    return 'takes a number for momentum, no cumulative average';
  }
  return true;
}

async function openTensorFlow(id: string, name: 'cpu' | 'wasm', numerics: Numerics): Promise<Backend> {
  const tf = loadLibrary(id, '@tensorflow/tfjs-core').exports as TensorFlow;
  // Core alone knows no gradient: this package registers them as it is loaded.
  loadLibrary(id, '@tensorflow/tfjs-layers');
  const { exports, folder } = loadLibrary(id, `@tensorflow/tfjs-backend-${name}`);
  if (name === 'wasm') (exports as TensorFlowWasm).setWasmPaths(folder + sep);
  if (!(await tf.setBackend(name))) {
    throw new BackendUnavailableError(id, `TensorFlow.js ${tf.version_core} could not start its backend ${name} here`);
  }
  return backendOf({
    id,
    version: tf.version_core,
    numerics,
    supports: supportedByTensorFlow,
    compute: (problem) => new TensorFlowComputation(tf, name, problem),
  });
}

/**
 * TensorFlow.js on its backend `cpu`, plain JavaScript. Sums are float64 (tfjs-backend-cpu, kernels/Sum.js); its mean
 * divides each element before it adds, one rounding more (kernels/Mean.js).
 *
 * @throws {BackendUnavailableError} when it is not installed
 */
export const openTensorFlowCpu: OpenBackend = () =>
  openTensorFlow('tfjs-cpu', 'cpu', { statistics: 'two-pass', reductionDepth: () => 1, affine: 'centred' });

/**
 * TensorFlow.js on its backend `wasm`: WebAssembly, and in Node one thread. Sums are a plain loop in float32
 * (tfjs-backend-wasm, src/cc/kernels/Sum.cc and Mean.cc).
 *
 * @throws {BackendUnavailableError} when it is not installed
 */
export const openTensorFlowWasm: OpenBackend = () =>
  openTensorFlow('tfjs-wasm', 'wasm', { statistics: 'two-pass', reductionDepth: (m) => m, affine: 'centred' });
