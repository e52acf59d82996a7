import { toFloat } from '@normgauge/reports';
import { alignedColumns } from '../alignedColumns.ts';
import type { Contradiction, OracleTally } from './check.ts';
import type { PublishedVerdict } from './published.ts';

/** What a whole check found out. */
export interface ReferenceVerdict {
  readonly passed: boolean;
  readonly seed: number;
  readonly problems: number;
  readonly seconds: number;
  readonly oracles: readonly OracleTally[];
  /** The fifth oracle, or why it was not asked. */
  readonly published: PublishedVerdict | { readonly skipped: string };
}

const counted = (count: number): string => count.toLocaleString('en');

function oracleRows({ oracle, bound, tensors }: OracleTally): readonly (readonly string[])[] {
  return tensors.map(({ tensor, problems, elements, beyond, worst }) => [
    oracle,
    tensor,
    worst ? worst.deviation.toExponential(1) : '0',
    bound.toExponential(0),
    counted(problems),
    counted(elements),
    counted(beyond),
    worst ? `${worst.case} [${worst.index}]` : '',
  ]);
}

function publishedRows(published: ReferenceVerdict['published']): readonly (readonly string[])[] {
  if ('skipped' in published) return [];
  return published.tensors.map(({ tensor, problems, elements, beyond, worst }) => [
    'published',
    tensor,
    worst ? worst.headroom.toFixed(2) : '0',
    '1',
    counted(problems),
    counted(elements),
    counted(beyond),
    worst?.case ?? '',
  ]);
}

function silenceOf(oracles: readonly OracleTally[]): string {
  const rows = oracles.flatMap(({ oracle, silent }) =>
    silent.map(({ reason, problems }) => [oracle, counted(problems), reason]),
  );
  return rows.length === 0 ? '' : `\n${alignedColumns([['not applicable', 'problems', 'because'], ...rows])}\n`;
}

function publishedLine(published: ReferenceVerdict['published']): string {
  if ('skipped' in published) return `published numbers: skipped: ${published.skipped}`;
  const { cases, withinPublished, files } = published;
  return `published numbers: ${withinPublished} of ${cases} cases of ${files.length} files within the tolerance that was published beside them`;
}

/** The verdict for a person to read. */
export function renderVerdict(verdict: ReferenceVerdict): string {
  const { oracles, published, problems, seed, seconds, passed } = verdict;
  const head = ['oracle', 'tensor', 'worst', 'bound', 'problems', 'elements', 'beyond', 'where the worst was'];
  const table = alignedColumns([head, ...oracles.flatMap(oracleRows), ...publishedRows(published)]);
  const units =
    'worst and bound: |reference − oracle| ÷ natural scale of the element; for published numbers, ÷ the allowed error';
  const result = `${counted(problems)} problems, seed ${seed}, ${seconds.toFixed(1)} s: the reference ${passed ? 'agrees with' : 'is contradicted by'} its oracles`;
  return [table, '', units, silenceOf(oracles), publishedLine(published), result].join('\n');
}

/** The verdict as JSON; NaN and infinities as words, since JSON has none. */
export function verdictAsJson(verdict: ReferenceVerdict): string {
  return JSON.stringify(verdict, (_key, value: unknown) => (typeof value === 'number' ? toFloat(value) : value));
}

/** One disagreement in a sentence. */
export function explainContradiction({ oracle, tensor, bound, ...found }: Contradiction): string {
  const { deviation, case: address, index, reference, oracleValue } = found;
  return `✗ ${oracle} · ${address} · ${tensor}[${index}]: the reference says ${reference}, the oracle ${oracleValue}: ${deviation.toPrecision(3)} of the natural scale, ${bound} is allowed`;
}
