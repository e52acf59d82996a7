import type { Grade, Status } from './report.ts';
import { reportSchema } from './validate.ts';

/** How a status is shown. The sign never stands alone: its name or its meaning is beside it. */
export interface StatusLook {
  readonly status: Status;
  /** One character that a plain terminal font has. */
  readonly sign: string;
  /** One sentence, taken from the schema, where it is explained once. */
  readonly meaning: string;
}

const signs: Readonly<Record<Status, string>> = {
  passed: '✓',
  failed: '✗',
  untrusted: '?',
  skipped: '–',
  crashed: '!',
  'timed-out': '∞',
  invalid: '~',
};

function meaningsOf(definition: string): ReadonlyMap<string, string> {
  const choices = reportSchema.$defs[definition]?.oneOf ?? [];
  return new Map(choices.map((choice) => [String(choice.const), (choice.description ?? '').replaceAll('`', '')]));
}

const meanings = meaningsOf('Status');

/** Every status, in the order in which reports list them. */
export const statuses: readonly StatusLook[] = (Object.keys(signs) as Status[]).map((status) => ({
  status,
  sign: signs[status],
  meaning: meanings.get(status) ?? '',
}));

/** How this status is shown. */
export function lookOf(status: Status): StatusLook {
  return statuses.find((look) => look.status === status)!;
}

/** What each grade means, taken from the schema. */
export const gradeMeanings: ReadonlyMap<string, string> = meaningsOf('Grade');

/** From harmless to grave: the first of these that occurs says what became of a group. */
const byGravity: readonly Status[] = ['failed', 'crashed', 'timed-out', 'invalid', 'untrusted', 'skipped', 'passed'];

/** The gravest status of a group; undefined for an empty one. */
export function gravest(group: Iterable<Status>): Status | undefined {
  const present = new Set(group);
  return byGravity.find((status) => present.has(status));
}

/** The worse of two grades; undefined counts as none. */
export function worseGrade(a: Grade | undefined, b: Grade | undefined): Grade | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
