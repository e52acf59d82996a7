import { describe, expect, it } from 'vitest';
import { onnxNode, onnxWeb } from '../src/index.ts';
import { findLibrary } from '../src/libraries.ts';

const installed = ['onnxruntime-web', 'onnxruntime-node'].every((name) => findLibrary(name) !== undefined);

describe.skipIf(!installed)('both packages of ONNX Runtime in one process (npm run peers)', () => {
  it('the native one is refused after the other, whose WebAssembly would run under its name', async () => {
    const web = await onnxWeb.openBackend();
    await expect(async () => onnxNode.openBackend()).rejects.toThrow(
      'ort-node: onnxruntime-node cannot run in a process that loaded onnxruntime-web before it',
    );
    await web.close();
  });
});
