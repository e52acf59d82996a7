import { loadLibrary } from '../src/libraries.ts';
import type { InferenceSession, OnnxRuntime, OrtTensor } from '../src/onnx/api.ts';
import { type Constant, modelBytes } from '../src/onnx/model.ts';

/** A library with a session of one node in training mode, momentum 0.9, over an x of three samples and two channels. */
export interface Training {
  readonly session: InferenceSession;
  readonly x: OrtTensor;
  channels(values: Float32Array): OrtTensor;
}

/** Of x, channel 0, which is 1, 3, 20: (1 − mean)/σ with eps next to nothing, and the variance of the population. */
export const firstY: number = -7 / Math.sqrt(218 / 3);
export const firstVariance: number = 218 / 3;

/**
 * @param constants which of gamma, beta, runningMean and runningVar are a part of the model; the others are fed
 * @param more what is put out beside y and `twice`, the double of the running variance
 */
export async function trainingIn(
  library: string,
  provider: string,
  constants: readonly Constant[],
  more: readonly string[] = [],
): Promise<Training> {
  const ort = loadLibrary('findings', library).exports as OnnxRuntime;
  ort.env.wasm.numThreads = 1;
  const channel = (name: string) => ({ name, shape: [2] });
  const fed = ['gamma', 'beta', 'runningMean', 'runningVar'].filter(
    (name) => !constants.some((one) => one.name === name),
  );
  const model = modelBytes({
    inputs: [{ name: 'x', shape: [3, 2] }, ...fed.map(channel)],
    outputs: [{ name: 'y', shape: [3, 2] }, ...['twice', ...more].map(channel)],
    nodes: [
      {
        op: 'BatchNormalization',
        inputs: ['x', 'gamma', 'beta', 'runningMean', 'runningVar'],
        outputs: ['y', 'mean', 'variance'],
        attributes: { epsilon: 1e-5, momentum: 0.9, training_mode: { integer: 1 } },
      },
      { op: 'Add', inputs: ['variance', 'variance'], outputs: ['twice'] },
    ],
    constants,
  });
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    session,
    x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 10, 20, 30), [3, 2]),
    channels: (values) => new ort.Tensor('float32', values, [2]),
  };
}
