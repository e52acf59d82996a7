import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { BackendUnavailableError } from '@normgauge/contract';

/** A library that was found: what it exports, unchecked, and the folder of its main file. */
export interface Library {
  readonly exports: unknown;
  readonly folder: string;
}

/** As any package is found from here; and in the folder that `npm run peers` fills. */
const places: readonly NodeJS.Require[] = [
  createRequire(import.meta.url),
  createRequire(new URL('../libraries/package.json', import.meta.url)),
];

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}

/**
 * The main file of a library, where it is installed; undefined where it is not. Nothing is loaded.
 *
 * @param name as npm has it
 */
export function findLibrary(name: string): { readonly path: string; readonly require: NodeJS.Require } | undefined {
  for (const require of places) {
    try {
      return { path: require.resolve(name), require };
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

/**
 * Loads a library that is no dependency of ours: it is installed by who wants it, since it is large.
 *
 * @param backend the id under which the absence is reported
 * @param name as npm has it
 * @throws {BackendUnavailableError} when it is not installed, or when this machine cannot load it
 */
export function loadLibrary(backend: string, name: string): Library {
  const found = findLibrary(name);
  if (found === undefined) {
    const how = `run "npm run peers" in a checkout of normgauge, or "npm install ${name}" beside it`;
    throw new BackendUnavailableError(backend, `${name} is not installed: ${how}`);
  }
  try {
    return { exports: found.require(found.path), folder: dirname(found.path) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new BackendUnavailableError(backend, `${name} is installed but does not load here: ${why}`, { cause });
  }
}
