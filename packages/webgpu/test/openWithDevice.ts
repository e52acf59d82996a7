import type { Backend } from '@normgauge/contract';
import { openBackendOn } from '../src/backend.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';

/** A backend of our own, and the device that it runs on at last. */
export async function openWithDevice(): Promise<{ backend: Backend; device: () => GPUDevice }> {
  let device: GPUDevice | undefined;
  const own = await openBackendOn(async () => {
    const found = await findNodeAdapter();
    const requestDevice = found.adapter.requestDevice.bind(found.adapter);
    Object.defineProperty(found.adapter, 'requestDevice', {
      value: async (descriptor: GPUDeviceDescriptor) => {
        device = await requestDevice(descriptor);
        return device;
      },
    });
    return found;
  });
  return { backend: own, device: () => device! };
}
