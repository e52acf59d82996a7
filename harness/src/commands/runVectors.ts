import type { Layout } from '@normgauge/contract';
import { backends } from '../backends.ts';
import { LostProcess } from '../hosts/childProcess.ts';
import { UsageError } from '../usageError.ts';
import {
  type CaseOutcome,
  isFailure,
  referenceId,
  type SubjectReplay,
  type VectorsOutcome,
} from '../vectors/outcome.ts';
import { readVectors, type VectorFile } from '../vectors/readVectors.ts';
import { explainFailure, outcomeAsJson, renderOutcome } from '../vectors/render.ts';
import { type PreparedVector, prepareVector, replayOn, replayOnReference } from '../vectors/replay.ts';
import { pathStep } from '../vectors/schemaErrors.ts';
import { vectorProblem } from '../vectors/vectorProblem.ts';
import { abortOnSignal, openCandidates } from './candidates.ts';
import { exitStatus } from './exitStatus.ts';
import { type Progress, progressOn } from './progress.ts';
import { quoted } from './shellWords.ts';
import { type Candidate, idOf, subjectOf } from './subjects.ts';

/** Options of `vectors`, as the command line gives them. */
export interface VectorsOptions {
  readonly backend: readonly string[];
  readonly case: readonly string[];
  readonly layout?: Layout;
  readonly strict: boolean;
  readonly require: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Milliseconds for one case on one backend. */
const requestLimit = 30_000;

interface Selected {
  readonly file: string;
  readonly prepared: PreparedVector;
}

/** The cases whose name contains one of the texts; all of them without any. */
function select(files: readonly VectorFile[], { case: texts, layout }: VectorsOptions): readonly Selected[] {
  const selected = files.flatMap(({ path, document }) =>
    document.cases.flatMap((row, k) => {
      if (texts.length > 0 && !texts.some((text) => row.name.includes(text))) return [];
      const vector = vectorProblem(row, `${path}: at $.cases${pathStep(k)}`, layout);
      return [{ file: path, prepared: prepareVector(vector) }];
    }),
  );
  if (selected.length === 0) throw new UsageError(`--case ${texts.join(' ')}: no case has this in its name`);
  return selected;
}

async function replayOnCandidate(candidate: Candidate, prepared: PreparedVector): Promise<SubjectReplay> {
  const subject = idOf(candidate);
  if (candidate.lost) return { subject, status: candidate.lost.status, reason: candidate.lost.message };
  try {
    const replay = await replayOn(subjectOf(candidate, { request: requestLimit }), prepared);
    const lost = await candidate.host.settle();
    return lost ? { subject, status: lost.status, reason: lost.message } : { subject, ...replay };
  } catch (error) {
    if (error instanceof LostProcess) return { subject, status: error.status, reason: error.message };
    throw error;
  }
}

async function replayCase({ file, prepared }: Selected, candidates: readonly Candidate[]): Promise<CaseOutcome> {
  const { name, mode, shape, axis, dtype, tolerance } = prepared.vector.row;
  const onReference = { subject: referenceId, ...replayOnReference(prepared) };
  const ready = candidates.filter(({ unavailable }) => unavailable === undefined);
  const replays = await Promise.all(ready.map((candidate) => replayOnCandidate(candidate, prepared)));
  return { file, name, mode, shape, axis, dtype, ...(tolerance && { tolerance }), replays: [onReference, ...replays] };
}

function statusOf(outcome: VectorsOutcome, require: boolean): number {
  const replays = outcome.cases.flatMap(({ replays }) => replays);
  if (replays.some((replay) => isFailure(replay, outcome.strict))) return exitStatus.failed;
  if (outcome.interrupted) return exitStatus.interrupted;
  const skipped =
    outcome.subjects.some(({ unavailable }) => unavailable !== undefined) ||
    replays.some(({ status }) => status === 'skipped');
  return require && skipped ? exitStatus.couldNotRun : exitStatus.good;
}

function report(
  row: CaseOutcome,
  paths: readonly string[],
  candidates: readonly Candidate[],
  { strict, layout }: VectorsOptions,
  progress: Progress,
): void {
  for (const replay of row.replays.filter((each) => isFailure(each, strict))) {
    const asked = candidates.find((candidate) => idOf(candidate) === replay.subject)?.asked ?? referenceId;
    const flags = `${strict ? ' --strict' : ''}${layout ? ` --layout ${layout}` : ''}`;
    progress.line(
      `${explainFailure(row, replay)}\n  reproduce: npx normgauge vectors ${paths.map(quoted).join(' ')} --backend ${quoted(asked)} --case ${quoted(row.name)}${flags}`,
    );
  }
}

/**
 * Replays published test vectors on the reference and on backends, prints what it found and returns the exit status: 1
 * when a result lies outside our own bound around a published number, or with `strict` outside the published tolerance.
 *
 * @throws {UsageError} when a file is damaged or the options make no sense
 */
export async function runVectors(paths: readonly string[], options: VectorsOptions): Promise<number> {
  const files = [...new Set(paths)].flatMap(readVectors);
  const selected = select(files, options);
  const asked =
    options.backend.length > 0 ? options.backend : backends.filter(({ onlyNamed }) => !onlyNamed).map(({ id }) => id);
  const candidates = await openCandidates(asked.filter((id) => id !== referenceId));
  const { signal, release } = abortOnSignal(candidates);
  try {
    const progress = progressOn(process.stderr, options.quiet);
    const cases: CaseOutcome[] = [];
    for (const [k, each] of selected.entries()) {
      if (signal.aborted) break;
      progress.update(k, selected.length, each.prepared.vector.row.name);
      const row = await replayCase(each, candidates);
      // A backend that was ended by Ctrl-C has not crashed.
      if (signal.aborted) break;
      cases.push(row);
      report(row, paths, candidates, options, progress);
    }
    progress.end();
    const outcome: VectorsOutcome = {
      files: files.map(({ path, document }) => ({ path, source: document.source })),
      subjects: [
        { id: referenceId },
        ...candidates.map((candidate) => ({
          id: idOf(candidate),
          ...(candidate.unavailable !== undefined && { unavailable: candidate.unavailable }),
        })),
      ],
      strict: options.strict,
      interrupted: signal.aborted,
      cases,
    };
    if (options.json) process.stdout.write(`${outcomeAsJson(outcome)}\n`);
    else if (!options.quiet) process.stdout.write(`${renderOutcome(outcome)}\n`);
    return statusOf(outcome, options.require);
  } finally {
    release();
    await Promise.all(candidates.map(({ host }) => host.close()));
  }
}
