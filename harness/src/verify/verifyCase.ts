import { outputsOf, type Problem, type TensorName } from '@normgauge/contract';
import type { Float, Grade, GradientCheck, ProtocolCheck, Status, TensorAgreement } from '@normgauge/reports';
import { toFloat } from '@normgauge/reports';
import { positionIn } from './channels.ts';
import { type Agreement, compare, type Limits, worseGrade } from './compare.ts';
import { canDifference, checkDifferences } from './differences.ts';
import { declaredClass, limitsFor } from './limits.ts';
import { outputIndices, type Prepared } from './prepare.ts';
import {
  checkComplete,
  checkGuardZones,
  checkInputsUnchanged,
  checkRepeat,
  guard,
  poison,
  tensorsIn,
} from './protocol.ts';
import { KernelFault, type Subject } from './subject.ts';

/** What verification found out about one backend on one case. */
export interface Verdict {
  readonly status: Extract<Status, 'passed' | 'failed' | 'untrusted' | 'skipped'>;
  readonly reason?: string;
  readonly cause?: string;
  readonly grade?: Grade;
  readonly tensors: readonly TensorAgreement[];
  readonly gradients: readonly GradientCheck[];
  readonly checks: readonly ProtocolCheck[];
}

/** More zeros than this among the expected values prove little. */
const trustedZeros = 0.3;

/** The allowed errors for this subject on this case. */
export function limitsOf(
  { bounds, row }: Pick<Prepared, 'bounds' | 'row'>,
  subject: Pick<Subject, 'declared'>,
  depth: number | undefined,
): (name: TensorName) => Limits {
  return limitsFor(bounds, declaredClass(subject.declared, depth, row.problem));
}

/** The agreement of one output. */
export type NamedAgreement = Agreement & { readonly name: TensorName };

/** Compares every output with the reference on the verified channels. */
export function agree(
  prepared: Omit<Prepared, 'oracles'>,
  subject: Pick<Subject, 'declared'>,
  outputs: { readonly [name in TensorName]?: Float32Array },
  limits: (name: TensorName) => Limits,
): readonly NamedAgreement[] {
  const indices = outputIndices(prepared);
  return outputsOf(prepared.sampled).map(({ name, extent }) => {
    const exempt = exemption(prepared, subject, extent);
    return {
      name,
      ...compare(outputs[name]!, prepared.expected[name]!, indices[name]!, limits(name), exempt),
    };
  });
}

/** Channels that hold anything non-finite are not judged where the backend declares that it may do anything there. */
function exemption(
  { sampled, bounds, expected, sampledInputs }: Omit<Prepared, 'oracles'>,
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

function toReport(problem: Problem, { name, ...agreement }: NamedAgreement): TensorAgreement {
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
function ratio(value: Float): string {
  return typeof value === 'number' ? value.toPrecision(3) : value;
}

/** As `describeMismatch`, for an agreement that did not go through a report. */
export function describeAgreement(problem: Problem, agreement: NamedAgreement): string {
  return describeMismatch(toReport(problem, agreement));
}

/** What went wrong, in one sentence: which tensor, where, both values, and the ratio to the allowed error. */
function describeMismatch({ name, mismatches, checked, headroom, worst }: TensorAgreement): string {
  const count = `${name}: ${mismatches} of ${checked} elements outside tolerance`;
  if (!worst) return count;
  return `${count}, worst at ${worst.position}: got ${worst.got}, expected ${worst.expected} (${ratio(headroom)}× the allowed error)`;
}

function describeGradient({ method, of, got, expected, ratio: times }: GradientCheck): string {
  return method === 'differences'
    ? `${of}: backward says ${got} where its own forward, differenced, says ${expected} (${ratio(times)}× the allowed error)`
    : `${of}: the reference says ${got} where the oracle says ${expected} (${ratio(times)}× its bound)`;
}

/**
 * Verifies one backend on one case: agreement with the float64 reference, gradients, side effects.
 * What the host says of a lost process is not caught here.
 */
export async function verifyCase(prepared: Prepared, subject: Subject): Promise<Verdict> {
  const { problem } = prepared.row;
  const nothing = { tensors: [], gradients: [], checks: [] };
  const { supported, depth } = await subject.supports(problem);
  if (supported !== true) return { status: 'skipped', reason: supported, ...nothing };
  try {
    const reply = await subject.execute({ problem, inputSets: [prepared.inputs], guard, poison, repeat: true });
    const outputs = tensorsIn(reply.outputs[0]!);
    const limits = limitsOf(prepared, subject, depth);
    const agreements = agree(prepared, subject, outputs, limits);
    const tensors = agreements.map((agreement) => toReport(problem, agreement));
    const checks = [
      checkComplete(problem, reply.outputs),
      checkGuardZones(problem, reply.repeated ? [...reply.outputs, reply.repeated] : reply.outputs),
      checkInputsUnchanged(problem, prepared.inputs, reply.inputsAfter),
      checkRepeat(problem, reply.outputs[0]!, reply.repeated!, subject.declared.deterministic ?? true),
    ];
    const differences = canDifference(prepared) ? await checkDifferences(prepared, subject, outputs, limits) : [];
    const gradients = [...againstReference(tensors, problem.op), ...prepared.oracles, ...differences];
    return { ...judge(agreements, tensors, gradients, checks), tensors, gradients, checks };
  } catch (error) {
    if (!(error instanceof KernelFault)) throw error;
    const checks = error.rule === undefined ? [] : [{ name: error.rule, passed: false, message: error.message }];
    return { status: 'failed', cause: error.message, ...nothing, checks };
  }
}

/** The agreement of dx, dGamma and dBeta once more, beside the other two ways to find a gradient. */
function againstReference(tensors: readonly TensorAgreement[], op: string): readonly GradientCheck[] {
  if (!op.startsWith('backward')) return [];
  return tensors.map(({ name, worst, headroom, mismatches }) => ({
    method: 'reference',
    of: name,
    got: worst?.got ?? 0,
    expected: worst?.expected ?? 0,
    allowed: worst?.allowed ?? 0,
    ratio: headroom,
    passed: mismatches === 0,
  }));
}

function judge(
  agreements: readonly Agreement[],
  tensors: readonly TensorAgreement[],
  gradients: readonly GradientCheck[],
  checks: readonly ProtocolCheck[],
): Pick<Verdict, 'status' | 'reason' | 'cause' | 'grade'> {
  const grade = agreements.map((agreement) => agreement.grade).reduce(worseGrade, 'A');
  const broken = checks.find(({ passed }) => !passed);
  const wrong = tensors.find(({ mismatches }) => mismatches > 0);
  const gradient = gradients.find(({ passed, method }) => !passed && method !== 'reference');
  const causes = [
    ...(broken ? [`${broken.name}: ${broken.message}`] : []),
    ...(wrong ? [describeMismatch(wrong)] : []),
    ...(gradient ? [describeGradient(gradient)] : []),
  ];
  if (causes.length > 0) return { status: 'failed', cause: causes.join('; '), grade };
  // y or dx, the first output of every op: sums over a channel may well be zero where the elements are not.
  const weak = agreements.slice(0, 1).findIndex(({ zeros }) => zeros > trustedZeros);
  if (weak >= 0) {
    const percent = Math.round(agreements[weak]!.zeros * 100);
    return { status: 'untrusted', reason: `${percent} % of the expected ${tensors[weak]!.name} is zero`, grade };
  }
  return { status: 'passed', grade };
}
