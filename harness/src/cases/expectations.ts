import { readFileSync } from 'node:fs';
import type { Excuse, Result, Status } from '@normgauge/reports';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import picomatch from 'picomatch';
import { UsageError } from '../usageError.ts';

/** A known failure: which, how it ends, why that is put up with, and until when. */
export interface Expectation extends Excuse {
  /** Id of the backend. */
  readonly backend: string;
  /** Glob over case addresses. */
  readonly case: string;
  readonly status: Extract<Status, 'failed' | 'crashed' | 'timed-out'>;
}

const schema = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['backend', 'case', 'status', 'reason', 'until'],
    properties: {
      backend: { type: 'string', minLength: 1 },
      case: { type: 'string', minLength: 1 },
      status: { enum: ['failed', 'crashed', 'timed-out'] },
      reason: { type: 'string', minLength: 1 },
      until: { type: 'string', format: 'date' },
    },
  },
} as const;

/**
 * Reads an expectations file: a JSON array of {backend, case, status, reason, until}.
 * @throws {UsageError} naming the file and the place in it that is wrong
 */
export function readExpectations(path: string): readonly Expectation[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `--expectations ${path}: expected a JSON file, got ${(error as Error).message.split('\n')[0]}`,
    );
  }
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  const validate = ajv.compile<readonly Expectation[]>(schema);
  if (validate(value)) return value;
  const { instancePath, message } = validate.errors![0]!;
  throw new UsageError(`--expectations ${path}: at ${instancePath || 'the top'} it ${message}`);
}

/** What a run's expectations make of its results, one by one. */
export class Expectations {
  readonly #rows: readonly { readonly row: Expectation; readonly matches: (id: string) => boolean }[];

  /** @param today YYYY-MM-DD; rows whose day is over no longer count */
  constructor(rows: readonly Expectation[], today: string) {
    this.#rows = rows.filter(({ until }) => until >= today).map((row) => ({ row, matches: picomatch(row.case) }));
  }

  /**
   * A failure that was expected is excused. An expected failure that passes is a failure itself: the row is out of date,
   * and would hide the next one.
   */
  apply(result: Result): Result {
    const found = this.#rows.find(({ row, matches }) => row.backend === result.backend && matches(result.case));
    if (!found) return result;
    const { status, reason, until } = found.row;
    if (result.status === status) return { ...result, excused: { reason, until } };
    if (result.status !== 'passed') return result;
    const { timing: _timing, ...rest } = result;
    const cause = `was expected to end as ${status} (${reason}) and ${result.status}: take it out of the expectations`;
    return { ...rest, status: 'failed', cause };
  }
}
