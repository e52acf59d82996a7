import { alignedColumns } from '../alignedColumns.ts';
import type { KillTable, Outcome } from './killTable.ts';
import { families, type Mutant } from './mutant.ts';

/** What a kill table says of the verifier. */
export interface TableVerdict {
  readonly passed: boolean;
  /** Mutants that no case failed. */
  readonly survivors: readonly Outcome<Mutant>[];
  /** Right kernels that a case failed. */
  readonly falseAlarms: readonly Outcome[];
}

/** No mutant may survive, and no right kernel may be failed. */
export function judgeKillTable(table: KillTable): TableVerdict {
  const survivors = table.mutants.filter(({ failures }) => failures.length === 0);
  const falseAlarms = table.correct.filter(({ failures }) => failures.length > 0);
  return { passed: survivors.length + falseAlarms.length === 0, survivors, falseAlarms };
}

const shownCases = 3;

function killedBy({ failures, tried }: Outcome): string {
  const first = failures.slice(0, shownCases).map((failure) => failure.case);
  const more = failures.length > shownCases ? [`and ${failures.length - shownCases} more`] : [];
  return `${failures.length} of ${tried}: ${[...first, ...more].join(', ')}`;
}

function mutantRows(table: KillTable): readonly string[] {
  return families.flatMap((family) => {
    const ofFamily = table.mutants.filter(({ variant }) => variant.family === family);
    if (ofFamily.length === 0) return [];
    const dead = ofFamily.filter(({ failures }) => failures.length > 0);
    return [
      `${family}: ${dead.length} of ${ofFamily.length} killed`,
      alignedColumns(dead.map((outcome) => [`  ${outcome.variant.id}`, outcome.variant.cause, killedBy(outcome)])),
      '',
    ];
  });
}

/** Which cause was named for each mutant that failed, and how many were named rightly; nothing where none was looked for. */
export function diagnosisRows({ mutants }: KillTable): readonly string[] {
  const failed = mutants.filter(({ failures }) => failures.length > 0);
  const named = failed.filter(({ diagnosis }) => diagnosis !== undefined);
  if (named.length === 0) return [];
  const wrong = failed.filter(({ variant, diagnosis }) => diagnosis?.cause !== variant.cause);
  const wronglyCertain = wrong.filter(({ diagnosis }) => diagnosis?.certain);
  const right = failed.length - wrong.length;
  const percent = ((100 * right) / failed.length).toFixed(1);
  const rows = wrong.map(({ variant, diagnosis }) => [
    `  ${variant.id}`,
    variant.cause,
    diagnosis
      ? `named: ${diagnosis.cause}, for ${diagnosis.accountsFor} of ${diagnosis.failures} failures${diagnosis.certain ? ', with certainty' : ''}`
      : 'named: none',
  ]);
  return [
    `diagnosis: the right cause first for ${right} of ${failed.length} (${percent} %), a wrong one with certainty for ${wronglyCertain.length}`,
    ...(rows.length > 0 ? [alignedColumns(rows)] : []),
    '',
  ];
}

function caseRows({ cases }: KillTable): readonly string[] {
  const needed = cases.filter(({ alone }) => alone.length > 0);
  const idle = cases.filter(({ kills }) => kills === 0).length;
  const rows = needed.map(({ case: id, kills, alone }) => [`  ${id}`, `${alone.length} of ${kills}`, alone.join(', ')]);
  return [
    `${needed.length} of ${cases.length} cases kill what no other kills (so many of those they killed); ${idle} killed none that they were tried on`,
    ...(rows.length > 0 ? [alignedColumns(rows)] : []),
    '',
  ];
}

/** What is wrong, loudly; nothing when nothing is. */
export function renderProblems({ survivors, falseAlarms }: TableVerdict): readonly string[] {
  return [
    ...survivors.map(
      ({ variant, tried }) => `✗ SURVIVES  ${variant.id} (${variant.cause}: ${variant.does}); ${tried} cases passed it`,
    ),
    ...falseAlarms.flatMap(({ variant, failures }) => [
      `✗ FALSE ALARM  ${variant.id} (${variant.does}); failed by ${failures.length} cases`,
      ...failures.slice(0, shownCases).map((failure) => `    ${failure.case}: ${failure.says}`),
    ]),
  ];
}

/** The kill table as a person reads it: mutants, cases, right kernels, and at the end what is wrong. */
export function renderKillTable(table: KillTable, verdict: TableVerdict): string {
  const { mutants, correct, cases, seed } = table;
  const dead = mutants.length - verdict.survivors.length;
  const passed = correct.length - verdict.falseAlarms.length;
  return [
    ...mutantRows(table),
    ...caseRows(table),
    ...diagnosisRows(table),
    ...renderProblems(verdict),
    `${verdict.passed ? '✓' : '✗'} ${dead} of ${mutants.length} wrong kernels failed, ${passed} of ${correct.length} right ones passed; ${cases.length} cases, seed ${seed}`,
  ].join('\n');
}

/** The same for programs. */
export function killTableAsJson(table: KillTable, { passed, survivors, falseAlarms }: TableVerdict): string {
  const idOf = ({ variant }: Outcome): string => variant.id;
  return JSON.stringify({
    passed,
    seed: table.seed,
    survivors: survivors.map(idOf),
    falseAlarms: falseAlarms.map(idOf),
    mutants: table.mutants.map(({ variant: { id, family, cause, does }, tried, failures, diagnosis }) => ({
      id,
      family,
      cause,
      does,
      tried,
      failures,
      ...(diagnosis && { diagnosis }),
    })),
    correct: table.correct.map(({ variant: { id, does }, tried, failures }) => ({ id, does, tried, failures })),
    cases: table.cases,
  });
}
