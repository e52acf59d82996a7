import { describe, expect, it } from 'vitest';
import { findLibrary } from '../src/libraries.ts';
import { itTrainsAsDescribed } from './onnxFindings.ts';
import { trainingIn } from './trainingModel.ts';

/* What docs/peers.md says of ONNX Runtime, without the harness. A file each: both packages in one process share a registry. */

const library = 'onnxruntime-web';
const zeros = [0, 0];
const ones = Float32Array.of(1, 1);

describe.skipIf(findLibrary(library) === undefined)(`${library} (npm run peers)`, () => {
  itTrainsAsDescribed(library, 'wasm');

  it('leaves the arrays alone that it is fed', async () => {
    const { session, x, channels } = await trainingIn(library, 'wasm', [{ name: 'beta', values: zeros }]);
    const given = Float32Array.of(1, 1);
    const runningMean = channels(Float32Array.of(0, 0));
    await session.run({ x, gamma: channels(ones), runningMean, runningVar: channels(given) });
    expect(given).toEqual(Float32Array.of(1, 1));
    await session.release();
  });
});
