import { toFloat } from '@normgauge/reports';
import { selectCases } from '../cases/select.ts';
import { explainCase } from '../diagnose/explanation.ts';
import { renderExplanation } from '../diagnose/renderExplanation.ts';
import { LostProcess } from '../hosts/childProcess.ts';
import { UsageError } from '../usageError.ts';
import { prepare } from '../verify/prepare.ts';
import { exitStatus } from './exitStatus.ts';
import { hostLimits } from './hostLimits.ts';
import { quoted } from './shellWords.ts';
import { idOf, openCandidate, subjectOf } from './subjects.ts';

/** Options of `explain`, as the command line gives them. */
export interface ExplainOptions {
  readonly backend: string;
  readonly case: string;
  readonly suite: string;
  readonly convention: readonly string[];
  readonly seed: number;
  readonly json: boolean;
}

/** Seconds for one request. */
const timeLimit = 30;

/** JSON has no NaN and no infinity: they are spelled out, as in reports. */
function spelled(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? toFloat(value) : value;
}

/**
 * Explains one case on one backend, passed or failed; returns the exit status.
 *
 * @throws {UsageError} when the options make no sense
 */
export async function runExplain(options: ExplainOptions): Promise<number> {
  const { suite, seed, convention, json } = options;
  const cases = selectCases({ suite, patterns: [options.case], conventions: convention });
  const [row] = cases;
  if (!row || cases.length > 1) {
    const some = cases.slice(0, 3).map(({ id }) => id);
    throw new UsageError(
      `--case ${options.case}: expected one case, got ${cases.length}: ${some.join(', ')}${cases.length > 3 ? ', …' : ''}`,
    );
  }
  const candidate = await openCandidate(options.backend, hostLimits([row], timeLimit, undefined));
  try {
    if (candidate.unavailable !== undefined || candidate.lost) {
      process.stderr.write(
        `normgauge: --backend ${options.backend}: ${candidate.unavailable ?? candidate.lost?.message}\n`,
      );
      return exitStatus.couldNotRun;
    }
    const subject = subjectOf(candidate, { request: timeLimit * 1000 });
    const explanation = await explainCase(prepare(row, seed), subject);
    const reproduce = `npx normgauge explain --backend ${quoted(options.backend)} --case ${quoted(row.id)} --seed ${seed}`;
    const title = `${idOf(candidate)} on ${row.id}, seed ${seed}`;
    const text = json
      ? JSON.stringify({ backend: idOf(candidate), case: row.id, seed, ...explanation, reproduce }, spelled)
      : renderExplanation(title, explanation, reproduce);
    process.stdout.write(`${text}\n`);
    return explanation.verdict.status === 'failed' ? exitStatus.failed : exitStatus.good;
  } catch (error) {
    if (!(error instanceof LostProcess)) throw error;
    process.stderr.write(`normgauge: ${row.id}: ${error.status}: ${error.message}\n`);
    return exitStatus.failed;
  } finally {
    await candidate.host.close();
  }
}
