import { type Report, renderTerminal, type Selection, type Shard } from '@normgauge/reports';
import { backends } from '../backends.ts';
import { Expectations, readExpectations } from '../cases/expectations.ts';
import { networksIn } from '../cases/networks.ts';
import { casesOfRun, suiteNamed } from '../cases/select.ts';
import { shardOf } from '../cases/shard.ts';
import { abortOnSignal, openCandidates } from './candidates.ts';
import { exitStatusOf } from './exitStatus.ts';
import { hostLimits } from './hostLimits.ts';
import { explainFailure, isFailure } from './judge.ts';
import { progressOn } from './progress.ts';
import { readKillTable } from './readKillTable.ts';
import { readReport } from './readReport.ts';
import { ResultFiles } from './resultFiles.ts';
import { runIdentity } from './runIdentity.ts';
import { Session } from './session.ts';
import type { TimingBudget } from './timeCase.ts';

/** Options of `run`, `verify` and `bench`, as the command line gives them. */
export interface SuiteOptions {
  readonly backend: readonly string[];
  readonly case: readonly string[];
  readonly convention: readonly string[];
  readonly suite: string;
  readonly seed: number;
  readonly out: string;
  readonly timeLimit: number;
  /** MiB for the process of a backend; what the cases need when left out. */
  readonly memoryLimit?: number;
  /** Goes on with the run that lies in `out`. */
  readonly resume: boolean;
  readonly require: boolean;
  /** A file of known failures. */
  readonly expectations?: string;
  /** Only this part of the selection. */
  readonly shard?: Shard;
  /** A report that tells how long cases take, to balance shards by. */
  readonly durations?: string;
  /** What `mutants --json` printed, to become part of the report. */
  readonly killTable?: string;
  /** Seconds that the whole run may take; only for `bench`. */
  readonly budget?: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

type Command = 'run' | 'verify' | 'bench';

/** Milliseconds a timed row. */
const timingOf: { readonly [command in Command]?: TimingBudget } = {
  run: { resident: 60, endToEnd: 20, places: 1 },
  bench: { resident: 400, endToEnd: 100, places: 8 },
};
/** Milliseconds a row in the first look of a run with a budget. */
const firstLook: TimingBudget = { resident: 60, endToEnd: 20, places: 1 };
/** The backends that others are measured against, where several are timed side by side. */
const ours = backends.filter(({ onlyNamed }) => !onlyNamed).map(({ id }) => id);
/** Share of a budget that is kept back for the report and the page. */
const keptBack = 0.02;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function conclude(report: Report, files: ResultFiles, { json, quiet }: SuiteOptions): void {
  if (json) {
    print(JSON.stringify(report));
    return;
  }
  if (!quiet) {
    const colour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
    print(renderTerminal(report, { columns: process.stdout.columns ?? 120, colour, against: ours }));
    print(`report: ${files.reportPath}`);
    print(`page:   ${files.pagePath}`);
  }
}

/** What each case took in an earlier run, all backends together, seconds. */
function secondsOf(path: string): ReadonlyMap<string, number> {
  const took = new Map<string, number>();
  for (const { case: id, seconds } of readReport(path).results) took.set(id, (took.get(id) ?? 0) + seconds);
  return took;
}

/**
 * Verifies, and for `run` and `bench` times, the selected cases on the selected backends; writes results, report and
 * page; returns the exit status.
 *
 * @throws {UsageError} when the options make no sense
 */
export async function runSuite(command: Command, options: SuiteOptions): Promise<number> {
  const { backend, suite, seed, convention, shard, budget } = options;
  const { cases: whole, timeAll } = casesOfRun(command, { suite, patterns: options.case, conventions: convention });
  const cases = shard
    ? shardOf(whole, shard, options.durations === undefined ? undefined : secondsOf(options.durations))
    : whole;
  const asked = backend.length > 0 ? backend : backends.filter(({ onlyNamed }) => !onlyNamed).map(({ id }) => id);
  const selection: Selection = {
    command,
    suite,
    seed,
    backends: asked,
    cases: [...options.case],
    ...(convention.length > 0 && { conventions: convention }),
    ...(shard && { shard }),
    ...(budget !== undefined && { budget }),
  };
  const excuses = options.expectations === undefined ? [] : readExpectations(options.expectations);
  const killTable = options.killTable === undefined ? undefined : readKillTable(options.killTable);
  const candidates = await openCandidates(asked, hostLimits(cases, options.timeLimit, options.memoryLimit));
  const { signal, release } = abortOnSignal(candidates);
  try {
    const identity = runIdentity({ command, suite, seed }, cases, candidates, excuses);
    const files = options.resume ? ResultFiles.resume(options.out, identity) : ResultFiles.open(options.out, identity);
    const { earlier, learned, startedAt, secondsBefore } = files;
    const progress = progressOn(process.stderr, options.quiet);
    if (options.resume) {
      const total = cases.length * candidates.length;
      progress.line(`--resume: ${earlier.length} of ${total} results were there`);
    }
    const timing = budget === undefined ? timingOf[command] : firstLook;
    const session = new Session({
      selection,
      cases,
      candidates,
      networks: timing ? networksIn(suiteNamed(suite).networks, whole) : [],
      ...(timing && { timing }),
      timeAll,
      limits: { request: options.timeLimit * 1000 },
      // By the clock of this process: the budget is for the whole command.
      ...(budget !== undefined && { deadline: budget * 1000 * (1 - keptBack) }),
      signal,
      expectations: new Expectations(excuses, new Date().toISOString().slice(0, 10)),
      earlier,
      learned,
      startedAt,
      secondsBefore,
      onResult(result, experience) {
        files.append(result, experience);
        if (isFailure(result)) {
          progress.line(explainFailure(result));
        }
      },
      onProgress(done, total, label) {
        const spent = Math.min(budget ?? 0, Math.round(performance.now() / 1000));
        progress.update(budget === undefined ? done : spent, budget ?? total, label);
      },
    });
    const report = { ...(await session.run()), ...(killTable && { killTable }) };
    progress.end();
    if (session.overrun > 0) {
      progress.line(
        `--budget ${budget}: verification and a short look at each case took ${Math.ceil(session.overrun / 1000)} s more than there were; no time was left to be spread`,
      );
    }
    await files.finish(report);
    conclude(report, files, options);
    return exitStatusOf(report, options.require);
  } finally {
    release();
    await Promise.all(candidates.map(({ host }) => host.close()));
  }
}
