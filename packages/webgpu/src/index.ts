import type { Backend, OpenBackend } from '@normgauge/contract';
import { openBackendOn } from './backend.ts';
import { findNodeAdapter } from './nodeAdapter.ts';

/**
 * BatchNorm in WGSL, in Node through Dawn: on the machine's own GPU, or on SwiftShader, a GPU emulated on the CPU, where
 * there is none. `device` says which. The environment variable NORMGAUGE_WEBGPU_ADAPTER = `hardware` or `software` forces either.
 *
 * A worker thread finds SwiftShader only when it was made with `{ env: SHARE_ENV }`: the driver reads the process's environment.
 *
 * @throws {BackendUnavailableError} when the machine has neither, with the reason
 */
export const openBackend: OpenBackend = (): Promise<Backend> => openBackendOn(findNodeAdapter);
