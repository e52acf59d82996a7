import { fromFloat } from '../float.ts';
import type { Environment, Float, Grade } from '../report.ts';
import { groupBy } from '../summary.ts';

/** A ratio of times with its bounds; 1 is "alike", and without any rounds a bound is infinite. */
export interface ArmsRatio {
  readonly median: Float;
  readonly low: Float;
  readonly high: Float;
}

export type ArmsVerdict = 'pass' | 'fail' | 'inconclusive' | 'invalid' | 'not-run';

/** One case, measured on both arms side by side. */
export interface ArmsRow {
  readonly backend: string;
  readonly case: string;
  readonly verdict: ArmsVerdict;
  /** Why it is no pass; what changed for the better. */
  readonly reason?: string;
  /** Head is faster than base, beyond the margin and with confidence. */
  readonly improved: boolean;
  readonly grade?: { readonly base: Grade; readonly head: Grade };
  /** Absent for a case that was verified only. */
  readonly timing?: {
    /** Head's time to base's. */
    readonly head: ArmsRatio;
    /** The time of a second instance of base to that of the first. */
    readonly control: ArmsRatio;
    readonly margins: { readonly fail: number; readonly pass: number };
    readonly processes: readonly { readonly rounds: number }[];
    /** Wall time. */
    readonly seconds: number;
    /** A GPU emulated on the CPU. */
    readonly software: boolean;
  };
  readonly reproduce: string;
}

/** Two states of the code that were timed side by side, by `normgauge gate`. */
export interface Arms {
  readonly tool: { readonly name: string; readonly version: string };
  readonly startedAt: string;
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly verdict: ArmsVerdict;
  /** Why nothing could be compared at all. */
  readonly reason?: string;
  readonly environment: Environment;
  /** One-minute load average when it ended. */
  readonly loadAtEnd: number;
  /** What the two are, and how they stood to one another while they were timed, in words. */
  readonly base: string;
  readonly head: string;
  readonly arrangement: string;
  readonly suite: string;
  readonly seed: number;
  readonly rows: readonly ArmsRow[];
  /** Cases that neither side supports, by backend. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly calibrations: readonly string[];
  readonly warnings: readonly string[];
}

/** Times of one backend on both arms, over the cases that both were timed on. */
export interface ArmsMean {
  readonly backend: string;
  /** Geometric mean of head's time to base's; absent when no case was timed. */
  readonly ratio?: number;
  readonly timed: number;
  readonly of: number;
  readonly slower: number;
  readonly faster: number;
  /** Why cases have no part in it, and how many. */
  readonly excluded: readonly { readonly reason: string; readonly cases: number }[];
}

/** Head's median time to base's; undefined where nothing usable was measured. */
export function changeOf({ timing }: ArmsRow): number | undefined {
  const median = timing && fromFloat(timing.head.median);
  return median !== undefined && Number.isFinite(median) && median > 0 ? median : undefined;
}

/** Why a row has no part in the mean; undefined when it has one. */
function whyExcluded(row: ArmsRow): string | undefined {
  if (row.timing?.software) return 'on a software adapter: times compare with nothing';
  if (row.verdict === 'invalid') return 'invalid: the control did not hold';
  if (row.verdict === 'not-run') return 'not run';
  return changeOf(row) === undefined ? `not timed (${row.verdict})` : undefined;
}

/** By backend. */
export function meansOf({ rows, leftOut }: Pick<Arms, 'rows' | 'leftOut'>): readonly ArmsMean[] {
  const byBackend = groupBy(rows, ({ backend }) => backend);
  const backends = [...new Set([...byBackend.keys(), ...Object.keys(leftOut)])];
  return backends.map((backend) => {
    const own = byBackend.get(backend) ?? [];
    const common = own.filter((row) => whyExcluded(row) === undefined);
    const reasons = groupBy(
      own.filter((row) => whyExcluded(row) !== undefined),
      (row) => whyExcluded(row)!,
    );
    const unsupported = Object.hasOwn(leftOut, backend) ? leftOut[backend]! : 0;
    const logarithms = common.reduce((sum, row) => sum + Math.log(changeOf(row)!), 0);
    return {
      backend,
      ...(common.length > 0 && { ratio: Math.exp(logarithms / common.length) }),
      timed: common.length,
      of: own.length + unsupported,
      slower: common.filter(({ timing }) => fromFloat(timing!.head.low) > 1).length,
      faster: common.filter(({ timing }) => fromFloat(timing!.head.high) < 1).length,
      excluded: [
        ...[...reasons].map(([reason, some]) => ({ reason, cases: some.length })),
        ...(unsupported > 0 ? [{ reason: 'supported by neither side', cases: unsupported }] : []),
      ],
    };
  });
}

/** Whether a row is more than a plain pass. */
export function isNotable({ verdict, improved }: ArmsRow): boolean {
  return verdict !== 'pass' || improved;
}

const order: readonly ArmsVerdict[] = ['fail', 'invalid', 'inconclusive', 'not-run', 'pass'];

/** What is no pass first, then what became faster, then the rest; the largest movers first in each. */
export function bySignificance(rows: readonly ArmsRow[]): readonly ArmsRow[] {
  const rank = (row: ArmsRow): number => order.indexOf(row.verdict) + (isNotable(row) ? 0 : 1);
  const size = (row: ArmsRow): number => Math.abs(Math.log(changeOf(row) ?? 1));
  return [...rows].sort((a, b) => rank(a) - rank(b) || size(b) - size(a));
}
