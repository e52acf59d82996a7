import { expect, it } from 'vitest';
import { firstVariance, firstY, trainingIn } from './trainingModel.ts';

/* What docs/peers.md says of either package of ONNX Runtime, without the harness. */

const zeros = [0, 0];
const ones = Float32Array.of(1, 1);

/** What both packages do when they train; each in a file of its own, since in one process they share a registry. */
export function itTrainsAsDescribed(library: string, provider: string): void {
  it('writes running statistics over constants of the model that they are an input of, and over those equal to them', async () => {
    const { session, x, channels } = await trainingIn(library, provider, [
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
    const { session, x, channels } = await trainingIn(library, provider, constants, ['mean', 'variance']);
    for (let run = 0; run < 2; run++) {
      const running = { runningMean: channels(Float32Array.of(0, 0)), runningVar: channels(Float32Array.of(1, 1)) };
      const { y, mean, variance } = await session.run({ x, gamma: channels(ones), ...running });
      expect(y!.data[0]).toBeCloseTo(firstY, 4);
      expect(mean!.data[0]).toBeCloseTo(0.1 * 8, 5);
      expect(variance!.data[0]).toBeCloseTo(0.9 + 0.1 * firstVariance, 4);
    }
    await session.release();
  });
}
