import { readFileSync } from 'node:fs';
import type { KillTable } from '@normgauge/reports';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { UsageError } from '../usageError.ts';

/** What is read of the output of `normgauge mutants --json`. */
interface Tried {
  readonly id: string;
  readonly failures: readonly { readonly says: string }[];
}

interface MutantsOutput {
  readonly seed: number;
  readonly mutants: readonly (Tried & { readonly family: string })[];
  readonly correct: readonly Tried[];
  readonly cases: readonly unknown[];
}

const text = { type: 'string', minLength: 1 } as const;

function tried(more: Readonly<Record<string, object>>): object {
  const failure = { type: 'object', required: ['says'], properties: { says: { type: 'string' } } };
  const properties = { id: text, failures: { type: 'array', items: failure }, ...more };
  return { type: 'array', items: { type: 'object', required: Object.keys(properties), properties } };
}

const schema = {
  type: 'object',
  required: ['seed', 'mutants', 'correct', 'cases'],
  properties: {
    seed: { type: 'integer' },
    mutants: tried({ family: text }),
    correct: tried({}),
    cases: { type: 'array' },
  },
} as const;

/** What kind of check speaks in the sentence that says why a case failed. */
function checkIn(says: string): string {
  if (/^\w+: \d+ of \d+ elements outside tolerance/.test(says)) return 'agreement with the reference';
  if (/: (backward|the reference) says /.test(says)) return 'gradients found in two ways';
  if (/^\w+: expected /.test(says)) return 'form and memory of the outputs';
  return /^([\w-]+): /.exec(says)?.[1] ?? 'another check';
}

function familyOf(family: string, kernels: MutantsOutput['mutants']): KillTable['families'][number] {
  const checks = new Map<string, number>();
  for (const { failures } of kernels) {
    const [first] = failures;
    if (!first) continue;
    const check = checkIn(first.says);
    checks.set(check, (checks.get(check) ?? 0) + 1);
  }
  const by = [...checks].map(([check, count]) => ({ check, kernels: count })).sort((a, b) => b.kernels - a.kernels);
  const killed = by.reduce((sum, { kernels: count }) => sum + count, 0);
  return { family, wrong: kernels.length, killed, by };
}

/**
 * The kill table in a file, as a report holds it.
 * @throws {UsageError} when the file cannot be read or is not what `normgauge mutants --json` prints
 */
export function readKillTable(path: string): KillTable {
  const advice = 'write it with "normgauge mutants --json"';
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `--kill-table ${path}: expected a kill table in JSON, got ${(error as Error).message}; ${advice}`,
    );
  }
  const validate = new Ajv2020().compile<MutantsOutput>(schema);
  if (!validate(value)) {
    const { instancePath, message } = validate.errors![0]!;
    throw new UsageError(`--kill-table ${path}: at ${instancePath || 'the top'} it ${message}; ${advice}`);
  }
  const { seed, mutants, correct, cases } = value;
  const families = [...new Set(mutants.map(({ family }) => family))];
  const alarms = correct.filter(({ failures }) => failures.length > 0);
  return {
    seed,
    cases: cases.length,
    families: families.map((family) =>
      familyOf(
        family,
        mutants.filter((mutant) => mutant.family === family),
      ),
    ),
    survivors: mutants.filter(({ failures }) => failures.length === 0).map(({ id }) => id),
    right: correct.length,
    falseAlarms: alarms.map(({ id }) => id),
  };
}
