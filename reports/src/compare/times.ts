import { environmentOf, machineName } from '../machine.ts';
import type { BackendEntry, Report, Result } from '../report.ts';
import { groupBy } from '../summary.ts';
import { deviationsFor, ofControl, scatter, uncertainty } from './noise.ts';
import { keyOf, type Pair, type Subject, subjectOf } from './subject.ts';

export interface TimeChange extends Subject {
  /** Median milliseconds a call. */
  readonly before: number;
  readonly after: number;
  /** after ÷ before; above 1 is slower. */
  readonly ratio: number;
  /** The ratio's bounds; it is significant when they leave out 1. */
  readonly low: number;
  readonly high: number;
  readonly significant: boolean;
  readonly reproduce: string;
}

/** Times of one backend over the cases that both reports have. */
export interface BackendTimes {
  readonly backend: string;
  /** Geometric mean of after ÷ before; absent when there is no common case. */
  readonly ratio?: number;
  readonly common: number;
  /** Cases that either report timed, or could have. */
  readonly of: number;
  readonly slower: number;
  readonly faster: number;
  /** Why cases are not among the common ones, and how many. */
  readonly excluded: readonly { readonly reason: string; readonly cases: number }[];
}

/** The part of a comparison that is about times. */
export interface ComparedTimes {
  /** Why no time is compared; absent when times are. */
  readonly timesRefused?: string;
  /** Every time that both have, largest change first. */
  readonly times: readonly TimeChange[];
  readonly backends: readonly BackendTimes[];
}

const otherMachine = 'ran on different machines';

interface Comparable {
  /** Backends that ran on different devices. */
  readonly devices: ReadonlySet<string>;
  sameMachine(before: Result, after: Result): boolean;
}

/** Why this pair has no pair of times to compare; undefined when it has one, empty when there is no time at all. */
function whyNoTimes(before: Result | undefined, after: Result | undefined, comparable: Comparable): string | undefined {
  if (!before?.timing && !after?.timing) return '';
  if (before === undefined) return 'only in the second report';
  if (after === undefined) return 'only in the first report';
  if (before.timing?.software || after.timing?.software) return 'a software adapter: times compare with nothing';
  if (!before.timing) return `not timed in the first report (${before.status})`;
  if (!after.timing) return `not timed in the second report (${after.status})`;
  if (!comparable.sameMachine(before, after)) return otherMachine;
  return comparable.devices.has(after.backend) ? 'ran on different devices' : undefined;
}

function timeChanges(pairs: readonly Pair[]): readonly TimeChange[] {
  const logs = pairs.map(({ before, after }) =>
    Math.log(after.timing!.resident.median / before.timing!.resident.median),
  );
  const copies = pairs.map(({ before, after }) => ({ before: before.timing!.copy, after: after.timing!.copy }));
  const observed = Math.max(scatter(logs), ofControl(copies));
  const enough = deviationsFor(pairs.length);
  return pairs
    .map(({ before, after }, k): TimeChange => {
      const [a, b] = [before.timing!.resident, after.timing!.resident];
      const margin = enough * uncertainty(a, b, observed);
      const [low, high] = [Math.exp(logs[k]! - margin), Math.exp(logs[k]! + margin)];
      return {
        ...subjectOf(after),
        before: a.median,
        after: b.median,
        ratio: Math.exp(logs[k]!),
        low,
        high,
        significant: low > 1 || high < 1,
        reproduce: after.reproduce,
      };
    })
    .sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)));
}

const deviceOf = ({ backends }: Report, id: string): BackendEntry['device'] =>
  backends.find((entry) => entry.id === id)?.device;

function changedDevices(before: Report, after: Report): ReadonlySet<string> {
  const ids = after.backends.map(({ id }) => id);
  return new Set(ids.filter((id) => deviceOf(before, id)?.name !== deviceOf(after, id)?.name));
}

function backendTimes(
  backend: string,
  reasons: readonly (string | undefined)[],
  times: readonly TimeChange[],
): BackendTimes {
  const excluded = groupBy(
    reasons.filter((reason): reason is string => reason !== undefined),
    (reason) => reason,
  );
  const logs = times.map(({ ratio }) => Math.log(ratio));
  return {
    backend,
    ...(logs.length > 0 && { ratio: Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length) }),
    common: times.length,
    of: reasons.length,
    slower: times.filter(({ significant, ratio }) => significant && ratio > 1).length,
    faster: times.filter(({ significant, ratio }) => significant && ratio < 1).length,
    excluded: [...excluded].map(([reason, all]) => ({ reason, cases: all.length })),
  };
}

/** Times of one row in both reports, and why a row has none to compare. */
export function compareTimes(before: Report, after: Report, acrossMachines: boolean): ComparedTimes {
  const first = new Map(before.results.map((result) => [keyOf(result), result]));
  const second = new Map(after.results.map((result) => [keyOf(result), result]));
  const comparable: Comparable = {
    devices: changedDevices(before, after),
    sameMachine: (a, b) =>
      acrossMachines || machineName(environmentOf(before, a)) === machineName(environmentOf(after, b)),
  };
  const judged = [...new Set([...first.keys(), ...second.keys()])]
    .map((key) => ({ pair: [first.get(key), second.get(key)] as const }))
    .map(({ pair }) => ({ pair, why: whyNoTimes(...pair, comparable) }))
    .filter(({ why }) => why !== '');
  const pairs = judged.flatMap(({ pair: [a, b], why }) =>
    a && b && why === undefined ? [{ before: a, after: b }] : [],
  );
  if (pairs.length === 0 && judged.some(({ why }) => why === otherMachine)) {
    const machines = `${machineName(before.environment)} and ${machineName(after.environment)}`;
    return { timesRefused: `the machines differ: ${machines}`, times: [], backends: [] };
  }
  const times = timeChanges(pairs);
  const byBackend = groupBy(judged, ({ pair: [a, b] }) => (b ?? a)!.backend);
  const backends = [...byBackend].map(([backend, of]) =>
    backendTimes(
      backend,
      of.map(({ why }) => why),
      times.filter((time) => time.backend === backend),
    ),
  );
  return { times, backends };
}
