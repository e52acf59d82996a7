import { BackendUnavailableError } from '@normgauge/contract';
import type { FoundAdapter } from './adapter.ts';

/**
 * The adapter that the browser offers.
 * @throws {BackendUnavailableError} when it offers none, with the reason
 */
export async function findBrowserAdapter(): Promise<FoundAdapter> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (gpu === undefined) {
    const why =
      globalThis.isSecureContext === false
        ? 'the page is not a secure context (https or localhost)'
        : 'navigator.gpu is absent';
    throw new BackendUnavailableError('webgpu', `this browser offers no WebGPU: ${why}`);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new BackendUnavailableError('webgpu', 'this browser has no adapter for WebGPU');
  return { adapter, details: { runtime: navigator.userAgent } };
}
