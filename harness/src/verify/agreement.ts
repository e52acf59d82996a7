import { outputsOf, type Problem, type TensorName } from '@normgauge/contract';
import { type Float, type TensorAgreement, toFloat } from '@normgauge/reports';
import { positionIn } from './channels.ts';
import { type Agreement, compare, type Limits } from './compare.ts';
import { declaredClass, limitsFor } from './limits.ts';
import { outputIndices, type Prepared, type PreparedSet } from './prepare.ts';
import type { Subject } from './subject.ts';

/** The allowed errors for this subject on this case. */
export function limitsOf(
  { bounds, row }: Pick<Prepared, 'bounds' | 'row'>,
  subject: Pick<Subject, 'declared'>,
  depth: number | undefined,
): (name: TensorName) => Limits {
  return limitsFor(bounds, declaredClass(subject.declared, depth, row.problem));
}

/** The allowed errors of a set of data. */
export type LimitsOf = (set: PreparedSet) => (name: TensorName) => Limits;

/** As `limitsOf`, for sets with as many elements per channel each, and so one declared depth; found once a set. */
export function limitsOnce(subject: Pick<Subject, 'declared'>, depth: number | undefined): LimitsOf {
  const found = new Map<PreparedSet, (name: TensorName) => Limits>();
  return (set) => {
    const limits = found.get(set) ?? limitsOf(set, subject, depth);
    found.set(set, limits);
    return limits;
  };
}

/** The agreement of one output. */
export type NamedAgreement = Agreement & { readonly name: TensorName };

/**
 * Compares outputs with the reference on the verified channels.
 *
 * @param only the outputs that were asked for; all when left out
 */
export function agree(
  prepared: PreparedSet,
  subject: Pick<Subject, 'declared'>,
  outputs: { readonly [name in TensorName]?: Float32Array },
  limits: (name: TensorName) => Limits,
  only?: readonly TensorName[],
): readonly NamedAgreement[] {
  const indices = outputIndices(prepared);
  const asked = outputsOf(prepared.sampled).filter(({ name }) => only?.includes(name) ?? true);
  return asked.map(({ name, extent }) => {
    const exempt = exemption(prepared, subject, extent);
    return {
      name,
      ...compare(outputs[name]!, prepared.expected[name]!, indices[name]!, limits(name), exempt),
    };
  });
}

/** Channels that hold anything non-finite are not judged where the backend declares that it may do anything there. */
function exemption(
  { sampled, bounds, expected, sampledInputs }: PreparedSet,
  { declared }: Pick<Subject, 'declared'>,
  extent: 'full' | 'channel' | 'scalar',
): (k: number) => boolean {
  if (declared.nonFinite !== 'unspecified') return () => false;
  const { shape, layout } = sampled;
  const positions = shape.spatial.reduce((product, size) => product * size, 1);
  const channelOf = (k: number): number =>
    extent !== 'full' ? k : layout === 'nhwc' ? k % shape.c : Math.floor(k / positions) % shape.c;
  const wild = bounds.context.facts.map(({ meanAbs, invStd, variance }, c) => {
    const results = [expected.invStd?.[c], expected.runningVar?.[c], sampledInputs.invStd?.[c]];
    return [meanAbs, invStd, variance, ...results].some((value) => value !== undefined && !Number.isFinite(value));
  });
  return wild.some(Boolean) ? (k) => wild[channelOf(k)]! : () => false;
}

/** The agreement of one output as the report holds it. */
export function toReport(problem: Problem, { name, ...agreement }: NamedAgreement): TensorAgreement {
  const { worst } = agreement;
  return {
    name,
    elements: agreement.elements,
    checked: agreement.checked,
    mismatches: agreement.mismatches,
    headroom: toFloat(agreement.headroom),
    grade: agreement.grade,
    ...(worst && {
      worst: {
        index: worst.index,
        position: positionIn(problem, name, worst.index),
        got: toFloat(worst.got),
        expected: toFloat(worst.expected),
        allowed: toFloat(worst.allowed),
      },
    }),
  };
}

/** Three significant digits, or the spelling of what is no number. */
export function ratio(value: Float): string {
  return typeof value === 'number' ? value.toPrecision(3) : value;
}

/** As `describeMismatch`, for an agreement that did not go through a report. */
export function describeAgreement(problem: Problem, agreement: NamedAgreement): string {
  return describeMismatch(toReport(problem, agreement));
}

/** What went wrong, in one sentence: which tensor, where, both values, and the ratio to the allowed error. */
export function describeMismatch({ name, mismatches, checked, headroom, worst }: TensorAgreement): string {
  const count = `${name}: ${mismatches} of ${checked} elements outside tolerance`;
  if (!worst) return count;
  return `${count}, worst at ${worst.position}: got ${worst.got}, expected ${worst.expected} (${ratio(headroom)}× the allowed error)`;
}
