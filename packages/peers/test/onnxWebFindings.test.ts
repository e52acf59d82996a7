import { describe, expect, it } from 'vitest';
import { findLibrary } from '../src/libraries.ts';
import { firstVariance, firstY, trainingIn } from './trainingModel.ts';

/* What docs/peers.md says of ONNX Runtime, without the harness. A file each: both packages in one process share a registry. */

const library = 'onnxruntime-web';
const zeros = [0, 0];
const ones = Float32Array.of(1, 1);

describe.skipIf(findLibrary(library) === undefined)(`${library} (npm run peers)`, () => {
  it('writes running statistics over constants of the model that they are an input of, and over those equal to them', async () => {
    const { session, x, channels } = await trainingIn(library, 'wasm', [
      { name: 'beta', values: zeros },
      { name: 'runningMean', values: zeros },
      { name: 'runningVar', values: [1, 1] },
    ]);
    const first = await session.run({ x, gamma: channels(ones) });
    const second = await session.run({ x, gamma: channels(ones) });
    expect(first['y']!.data[0]).not.toBeCloseTo(firstY, 1);
    expect(second['twice']!.data[0]).not.toBeCloseTo(first['twice']!.data[0]!, 0);
    await session.release();
  });

  it('gives the same every time where the statistics are outputs of the model, with the variance of the population', async () => {
    const constants = [{ name: 'beta', values: zeros }];
    const { session, x, channels } = await trainingIn(library, 'wasm', constants, ['mean', 'variance']);
    for (let run = 0; run < 2; run++) {
      const running = { runningMean: channels(Float32Array.of(0, 0)), runningVar: channels(Float32Array.of(1, 1)) };
      const { y, mean, variance } = await session.run({ x, gamma: channels(ones), ...running });
      expect(y!.data[0]).toBeCloseTo(firstY, 4);
      expect(mean!.data[0]).toBeCloseTo(0.1 * 8, 5);
      expect(variance!.data[0]).toBeCloseTo(0.9 + 0.1 * firstVariance, 4);
    }
    await session.release();
  });

  it('leaves the arrays alone that it is fed', async () => {
    const { session, x, channels } = await trainingIn(library, 'wasm', [{ name: 'beta', values: zeros }]);
    const given = Float32Array.of(1, 1);
    const runningMean = channels(Float32Array.of(0, 0));
    await session.run({ x, gamma: channels(ones), runningMean, runningVar: channels(given) });
    expect(given).toEqual(Float32Array.of(1, 1));
    await session.release();
  });
});
