import { conventions } from '@normgauge/contract';
import { alignedColumns } from '../alignedColumns.ts';
import { backends } from '../backends.ts';
import { fills } from '../cases/fills.ts';
import { selectCases, suiteNamed } from '../cases/select.ts';
import { suites } from '../cases/suites.ts';
import { correctVariants, mutants } from '../mutants/corpus.ts';

/** What `normgauge list` can list. */
export const lists = ['backends', 'cases', 'suites', 'fills', 'conventions', 'mutants'] as const;

export interface ListOptions {
  readonly suite: string;
  readonly case: readonly string[];
  readonly json: boolean;
}

type Row = Readonly<Record<string, string | number | boolean>>;

function rowsOf(what: (typeof lists)[number], options: ListOptions): readonly Row[] {
  switch (what) {
    case 'backends':
      return backends.map(({ id, description }) => ({ id, description }));
    case 'suites':
      return suites.map(({ name, description, cases }) => ({ name, cases: cases.length, description }));
    case 'fills':
      return fills.map(({ name, catches }) => ({ name, catches }));
    case 'conventions':
      return conventions.map(({ name, eps, epsPlacement, normalizeDivisor, runningDivisor, momentum, source }) => ({
        name,
        eps,
        epsPlacement,
        normalizeDivisor: `÷${normalizeDivisor}`,
        runningDivisor: `÷${runningDivisor}`,
        momentum,
        source,
      }));
    case 'mutants':
      return [
        ...mutants.map(({ id, family, cause, does }) => ({ id, family, cause, does })),
        ...correctVariants.map(({ id, does }) => ({ id, family: 'correct', cause: '', does })),
      ];
    case 'cases':
      suiteNamed(options.suite);
      return selectCases({ suite: options.suite, patterns: options.case, conventions: [] }).map(
        ({ id, timed, catches }) => ({ id, timed: timed ? 'timed' : '', catches }),
      );
  }
}

/** The rows as aligned columns, or as JSON. */
export function list(what: (typeof lists)[number], options: ListOptions): string {
  const rows = rowsOf(what, options);
  if (options.json) return JSON.stringify(rows);
  return alignedColumns(rows.map((row) => Object.values(row).map(String)));
}
