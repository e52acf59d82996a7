import type { Backend, OpenBackend } from '@normgauge/contract';
import { openBackendOn } from './backend.ts';
import { findBrowserAdapter } from './browserAdapter.ts';

/**
 * BatchNorm in WGSL, in a browser: the same shaders as in Node, on `navigator.gpu`.
 * @throws {BackendUnavailableError} when the browser offers no adapter, with the reason
 */
export const openBackend: OpenBackend = (): Promise<Backend> => openBackendOn(findBrowserAdapter);
