import { describe, expect, it } from 'vitest';
import { findLibrary, loadLibrary } from '../src/libraries.ts';
import type { Tensor, TensorFlow } from '../src/tensorflow/api.ts';

/*
 * What docs/peers.md says of TensorFlow.js, without the harness and without our adapters: a version in which one of these
 * no longer holds is a reason to read that page again.
 */

const installed = (name: string): boolean => findLibrary(name) !== undefined;
const exportsOf = (name: string): unknown => loadLibrary('findings', name).exports;

interface Layers {
  readonly layers: {
    batchNormalization(options: { axis: number; epsilon: number }): {
      apply(x: Tensor, options: { training: boolean }): Tensor;
    };
  };
}

describe.skipIf(!installed('@tensorflow/tfjs-layers'))('TensorFlow.js (npm run peers)', () => {
  async function open(backend: 'cpu' | 'wasm'): Promise<{ tf: TensorFlow; layers: Layers['layers'] }> {
    const tf = exportsOf('@tensorflow/tfjs-core') as TensorFlow;
    const { layers } = exportsOf('@tensorflow/tfjs-layers') as Layers;
    exportsOf(`@tensorflow/tfjs-backend-${backend}`);
    await tf.setBackend(backend);
    return { tf, layers };
  }

  it.each(['cpu', 'wasm'] as const)(
    '%s has no gradient of batchNorm where scale or offset is left out',
    async (name) => {
      const { tf } = await open(name);
      const x = tf.tensor(Float32Array.of(1, 2, 3, 5), [2, 2], 'float32');
      const [mean, variance] = [tf.zeros([2]), tf.zeros([2])];
      const gradient = tf.grads((at) => tf.batchNorm(at!, mean, variance, undefined, undefined, 1));
      expect(() => gradient([x], x)).toThrow(/Cannot read properties of undefined/);
    },
  );

  it.each(['cpu', 'wasm'] as const)(
    '%s: the layer with axis 1 takes the statistics of other channels',
    async (name) => {
      const { tf, layers } = await open(name);
      const x = tf.tensor(
        Float32Array.from({ length: 16 }, (_, i) => i),
        [1, 2, 2, 4],
        'float32',
      );
      const y = layers.batchNormalization({ axis: 1, epsilon: 0 }).apply(x, { training: true }).dataSync();
      // Channel 0 is 0…7: its first two should be −3.5/σ and −2.5/σ with σ = √5.25.
      expect(y[0]).toBeCloseTo(-3.5 / Math.sqrt(5.25), 5);
      expect(y[1]).not.toBeCloseTo(-2.5 / Math.sqrt(5.25), 1);
      expect(y[1]).toBeCloseTo((1 - 11.5) / Math.sqrt(5.25), 5);
    },
  );
});
