import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../usageError.ts';
import { families, type Mutant, type Variant } from './mutant.ts';

/** Wrong kernels and right ones. */
export interface Corpus {
  readonly mutants: readonly Mutant[];
  readonly correctVariants: readonly Variant[];
}

function refuse(path: string, message: string): never {
  throw new UsageError(`--corpus ${path}: ${message}; docs/mutants.md says what such a module exports`);
}

function variantFrom(path: string, list: string, value: unknown, k: number): Variant {
  const { id, does, stateless, open, dtype } = (value ?? {}) as Partial<Record<keyof Variant, unknown>>;
  if (typeof id !== 'string' || id === '') refuse(path, `${list}[${k}]: expected an id, got ${typeof id}`);
  if (typeof open !== 'function') {
    refuse(path, `${list}[${k}] (${id}): expected open, a function that returns a backend, got ${typeof open}`);
  }
  // Not said to be stateless: then it is called in every order.
  return {
    id,
    does: String(does ?? id),
    stateless: stateless === true,
    open: open as Variant['open'],
    ...(dtype === 'f16' && { dtype }),
  };
}

function mutantFrom(path: string, value: unknown, k: number): Mutant {
  const variant = variantFrom(path, 'mutants', value, k);
  const { family, cause } = value as Partial<Record<keyof Mutant, unknown>>;
  if (typeof cause !== 'string') refuse(path, `mutants[${k}] (${variant.id}): expected a cause, got ${typeof cause}`);
  const known = families.find((name) => name === family);
  if (!known)
    refuse(path, `mutants[${k}] (${variant.id}): expected a family of ${families.join(', ')}, got ${String(family)}`);
  return { ...variant, family: known, cause: cause as Mutant['cause'] };
}

/**
 * The corpus that a module exports as `mutants` and `correctVariants`, either of which may be missing. It is loaded into
 * this very process.
 *
 * @throws {UsageError} when it cannot be loaded or holds something else
 */
export async function loadCorpus(path: string): Promise<Corpus> {
  const file = resolve(path);
  if (!existsSync(file)) refuse(path, 'there is no such file');
  const module = (await import(pathToFileURL(file).href).catch((error: unknown) =>
    refuse(path, `cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`),
  )) as Record<string, unknown>;
  const listOf = (name: string): readonly unknown[] => {
    const list = module[name] ?? [];
    return Array.isArray(list) ? list : refuse(path, `${name}: expected an array, got ${typeof list}`);
  };
  const corpus = {
    mutants: listOf('mutants').map((value, k) => mutantFrom(path, value, k)),
    correctVariants: listOf('correctVariants').map((value, k) => variantFrom(path, 'correctVariants', value, k)),
  };
  if (corpus.mutants.length + corpus.correctVariants.length === 0) {
    refuse(path, `expected exported mutants or correctVariants, got ${Object.keys(module).join(', ') || 'nothing'}`);
  }
  return corpus;
}
