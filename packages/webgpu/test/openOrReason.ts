import { type Backend, BackendUnavailableError } from '@normgauge/contract';
import { openBackendOn } from '../src/backend.ts';
import type { GpuOptions } from '../src/gpu.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';

interface Opened {
  /** Not to be used where `unavailable` says why. */
  readonly backend: Backend;
  /** Why this machine cannot run it, for the title of what is skipped then; empty where it can. */
  readonly unavailable: string;
}

/** The backend on whatever this machine has, or the reason why there is none. Any other error is a failure. */
export async function openOrReason(options: GpuOptions = {}): Promise<Opened> {
  try {
    return { backend: await openBackendOn(findNodeAdapter, options), unavailable: '' };
  } catch (error) {
    if (!(error instanceof BackendUnavailableError)) throw error;
    const none = { close: () => {} } as unknown as Backend;
    return { backend: none, unavailable: `is unavailable: ${error.reason}` };
  }
}
