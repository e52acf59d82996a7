import { compareRatios, fromFloat } from './float.ts';
import type { Float, Report, Result, Status } from './report.ts';
import { groupBy } from './summary.ts';

/** The one number, or the one rule, that shows best what is wrong with a result. */
export interface Evidence {
  /** A tensor, a gradient, or a rule of the protocol. */
  readonly of: string;
  /** Where in it: position and flat index, or how the gradient was found. */
  readonly at?: string;
  readonly got?: Float;
  readonly expected?: Float;
  /** Error ÷ allowed error. */
  readonly ratio?: Float;
  /** Elements outside the allowed error, of those compared. */
  readonly mismatches?: { readonly outside: number; readonly checked: number };
  readonly message?: string;
}

/** A result that is not green although it was attempted. */
export interface Failure {
  readonly result: Result;
  readonly evidence?: Evidence;
}

/** Results of one backend that share the reason why they were not run. */
export interface SkippedGroup {
  readonly backend: string;
  readonly reason: string;
  /** The results; empty when the backend could not be opened and no case was attempted. */
  readonly results: readonly Result[];
}

/** In the order in which a reader wants them. */
const attempted: readonly Status[] = ['failed', 'crashed', 'timed-out', 'invalid', 'untrusted'];

const outside = (ratio: Float): boolean => !(fromFloat(ratio) <= 1);

/** Why a result is not green, with the excuse where there is one. */
export function whyOf({ cause, reason, excused }: Result): string | undefined {
  const why = cause ?? reason;
  return excused ? `${why} [excused until ${excused.until}: ${excused.reason}]` : why;
}

/** Tensor, index, both values and the ratio of the worst deviation; else the worst gradient; else a broken rule. */
export function evidenceOf(result: Result): Evidence | undefined {
  const [tensor] = result.tensors
    .filter(({ mismatches, headroom }) => mismatches > 0 || outside(headroom))
    .sort((a, b) => compareRatios(b.headroom, a.headroom));
  if (tensor) {
    const { name, headroom, mismatches, checked, worst } = tensor;
    return {
      of: name,
      ratio: headroom,
      mismatches: { outside: mismatches, checked },
      ...(worst && { at: `${worst.position} (index ${worst.index})`, got: worst.got, expected: worst.expected }),
    };
  }
  const [gradient] = result.gradients.filter(({ passed }) => !passed).sort((a, b) => compareRatios(b.ratio, a.ratio));
  if (gradient) {
    const { of, method, got, expected, ratio } = gradient;
    return { of, at: `gradient by ${method}`, got, expected, ratio };
  }
  const check = result.checks.find(({ passed }) => !passed);
  return check && { of: check.name, ...(check.message !== undefined && { message: check.message }) };
}

/** Why a result is not green, unless the evidence beside it says all of that. */
export function whyBeside(result: Result, evidence: Evidence | undefined): string | undefined {
  const why = whyOf(result);
  if (why === undefined || evidence === undefined) return why;
  const { of, message, mismatches } = evidence;
  if (message !== undefined) return why === `${of}: ${message}` ? undefined : why;
  const isOfTensor =
    mismatches && why.startsWith(`${of}: ${mismatches.outside} of ${mismatches.checked} elements outside`);
  return isOfTensor && !why.includes('; ') && !result.excused ? undefined : why;
}

/** One of each group in turn: the first few of many then show all kinds there are. */
function inTurns<T>(groups: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: longest }, (_, i) => groups.flatMap((group) => group.slice(i, i + 1))).flat();
}

/**
 * Everything that was attempted and is not green, gravest first. Within a status the backends and ops take turns, so that
 * the first few show all that is wrong.
 */
export function failuresOf(report: Report): readonly Failure[] {
  const byStatus = groupBy(report.results, ({ status }) => status);
  return attempted
    .flatMap((status) =>
      inTurns([
        ...groupBy(byStatus.get(status) ?? [], ({ backend, op, cause }) =>
          JSON.stringify([backend, op, cause]),
        ).values(),
      ]),
    )
    .map((result) => {
      const evidence = evidenceOf(result);
      return { result, ...(evidence && { evidence }) };
    });
}

/** What did not run, by backend and reason; backends that could not be opened are among them. */
export function skippedOf(report: Report): readonly SkippedGroup[] {
  const groups: SkippedGroup[] = [];
  for (const [backend, results] of groupBy(
    report.results.filter(({ status }) => status === 'skipped'),
    (result) => result.backend,
  )) {
    for (const [reason, sharing] of groupBy(results, (result) => result.reason ?? '')) {
      groups.push({ backend, reason, results: sharing });
    }
  }
  const told = ({ id, unavailable }: Report['backends'][number]): boolean =>
    groups.some(({ backend, reason }) => backend === id && reason === unavailable);
  const unopened = report.backends.filter((entry) => entry.unavailable !== undefined && !told(entry));
  return [...unopened.map(({ id, unavailable }) => ({ backend: id, reason: unavailable!, results: [] })), ...groups];
}
