import type { Report, Status } from '@normgauge/reports';

/** What the process tells its caller; documented in the README. */
export const exitStatus = {
  good: 0,
  /** A check failed, a backend crashed or ran out of time. */
  failed: 1,
  /** The command or its input made no sense. */
  usage: 2,
  /** A measurement was inconclusive or invalid. */
  invalid: 3,
  /** Something asked for could not run, or the harness itself failed. */
  couldNotRun: 4,
  /** Stopped by Ctrl-C: 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

const failures: readonly Status[] = ['failed', 'crashed', 'timed-out'];

/**
 * The exit status of a finished run.
 *
 * @param require a backend or case that was skipped counts as "could not run"
 */
export function exitStatusOf(report: Report, require: boolean): number {
  const statuses = new Set(report.results.filter(({ excused }) => !excused).map(({ status }) => status));
  if (failures.some((status) => statuses.has(status))) return exitStatus.failed;
  if (report.interrupted) return exitStatus.interrupted;
  if (statuses.has('invalid')) return exitStatus.invalid;
  const ran = report.results.some(({ status }) => status !== 'skipped');
  if (!ran || (require && statuses.has('skipped'))) return exitStatus.couldNotRun;
  return exitStatus.good;
}
