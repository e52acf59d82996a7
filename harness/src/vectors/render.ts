import { basename } from 'node:path';
import { toFloat } from '@normgauge/reports';
import { alignedColumns } from '../alignedColumns.ts';
import type { PublishedTolerance } from './format.ts';
import { type CaseOutcome, type SubjectReplay, tallyOf, type VectorsOutcome } from './outcome.ts';
import { describeTolerance } from './publishedTolerance.ts';
import type { ReplayedTensor } from './replay.ts';

const nameWidth = 56;

/** The end of a name tells cases apart better than its middle. */
function shortened(name: string): string {
  if (name.length <= nameWidth) return name;
  const kept = Math.floor((nameWidth - 1) / 2);
  return `${name.slice(0, nameWidth - 1 - kept)}…${name.slice(-kept)}`;
}

function distanceText(tolerance: PublishedTolerance, distance: number): string {
  return tolerance.metric === 'ULP' ? `${distance} ULP` : distance === 0 ? '0' : distance.toExponential(1);
}

const largest = (tensors: readonly ReplayedTensor[], of: (tensor: ReplayedTensor) => number): number =>
  Math.max(0, ...tensors.map(of));

/** `✓ 0.32  2 ULP`: our verdict and headroom, then the largest distance as published, with ! where that is too far. */
function cell(replay: SubjectReplay | undefined, tolerance: PublishedTolerance | undefined): string {
  if (!replay) return '–';
  if (!('tensors' in replay)) return replay.status;
  const mark = replay.status === 'passed' ? '✓' : '✗';
  const ours = `${mark} ${largest(replay.tensors, ({ headroom }) => headroom).toFixed(2)}`;
  if (!tolerance) return ours;
  const beyond = replay.tensors.some(({ byPublisher }) => (byPublisher?.outside ?? 0) > 0);
  const distance = largest(replay.tensors, ({ byPublisher }) => byPublisher?.distance ?? 0);
  return `${ours}  ${distanceText(tolerance, distance)}${beyond ? '!' : ''}`;
}

/** Rows of the table: the cases of one file under its name and source. */
function tableOf(outcome: VectorsOutcome, path: string): string {
  const ran = outcome.subjects.filter(({ unavailable }) => unavailable === undefined).map(({ id }) => id);
  const cases = outcome.cases.filter(({ file }) => file === path);
  const body = cases.map(({ name, tolerance, replays }) => [
    shortened(name),
    describeTolerance(tolerance),
    ...ran.map((id) =>
      cell(
        replays.find(({ subject }) => subject === id),
        tolerance,
      ),
    ),
  ]);
  return alignedColumns([['case', 'published', ...ran], ...body]);
}

function summaryOf(outcome: VectorsOutcome): string {
  return alignedColumns(
    outcome.subjects.map(({ id, unavailable }) => {
      if (unavailable !== undefined) return [id, `skipped: ${unavailable}`];
      const tally = tallyOf(id, outcome);
      const ours = `${tally.withinOurs} of ${tally.cases} within our own bound${tally.headroom === undefined ? '' : `, ${tally.headroom.toFixed(2)} of it used at most`}`;
      const published = `${tally.withinPublished} of ${tally.judgedByPublisher} within the published tolerance`;
      return [id, `${ours}; ${published}${tally.skipped > 0 ? `; ${tally.skipped} skipped` : ''}`];
    }),
  );
}

/** The whole outcome for a person to read. */
export function renderOutcome(outcome: VectorsOutcome): string {
  const tables = outcome.files
    .filter(({ path }) => outcome.cases.some(({ file }) => file === path))
    .map(({ path, source }) => `${path}\n  ${source}\n\n${tableOf(outcome, path)}\n`);
  const legend =
    '✓ within our own bound, with the largest share of it that was used, then the largest distance as published; ! beyond what was published';
  return [...tables, legend, '', summaryOf(outcome)].join('\n');
}

/** The whole outcome as JSON; NaN and infinities as words, since JSON has none. */
export function outcomeAsJson(outcome: VectorsOutcome): string {
  return JSON.stringify(outcome, (_key, value: unknown) => (typeof value === 'number' ? toFloat(value) : value));
}

/** Why a replay counts as failed, in one sentence. */
export function explainFailure({ file, name, tolerance }: CaseOutcome, replay: SubjectReplay): string {
  const where = `✗ ${replay.subject} · ${basename(file)} · ${name}`;
  if (!('tensors' in replay)) return `${where} · ${replay.status}: ${replay.reason}`;
  const causes = replay.tensors.flatMap(({ field, elements, outside, headroom, worst, byPublisher }) => {
    const label = field === 'batch_var' ? 'batch_var (as inv_std)' : field;
    if (outside > 0 && worst) {
      return [
        `${label}: ${outside} of ${elements} elements outside our own bound, worst at ${worst.position}: got ${worst.got}, published ${worst.published} (${headroom.toPrecision(3)}× the allowed error)`,
      ];
    }
    if (!tolerance || !byPublisher?.worst || byPublisher.outside === 0) return [];
    const { position, got, published } = byPublisher.worst;
    return [
      `${label}: ${byPublisher.outside} of ${elements} elements beyond the published ${describeTolerance(tolerance)}, worst at ${position}: got ${got}, published ${published} (${distanceText(tolerance, byPublisher.distance)} apart)`,
    ];
  });
  return `${where} · ${causes.join('; ')}`;
}
