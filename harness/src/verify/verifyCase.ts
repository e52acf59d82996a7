import type { TensorName } from '@normgauge/contract';
import type { Grade, GradientCheck, ProtocolCheck, Status, TensorAgreement } from '@normgauge/reports';
import type { ExecuteReply } from '../hosts/protocol.ts';
import { agree, describeAgreement, describeMismatch, limitsOf, ratio, toReport } from './agreement.ts';
import { checkOrders } from './calls.ts';
import { type Agreement, type Limits, worseGrade } from './compare.ts';
import { contradictedClaim } from './declarations.ts';
import { canDifference, checkDifferences } from './differences.ts';
import { checkLaws } from './laws.ts';
import type { Prepared } from './prepare.ts';
import {
  checkComplete,
  checkGuardZones,
  checkInputsUnchanged,
  checkRepeat,
  checkRepeatLoosely,
  checkStored,
  guard,
  poison,
  tensorsIn,
} from './protocol.ts';
import { KernelFault, type Subject } from './subject.ts';

export { agree, describeAgreement, limitsOf, type NamedAgreement } from './agreement.ts';

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

/** What a backend answered when it was called once, and what it was allowed: all that a diagnosis has to go by. */
export interface Witnessed {
  readonly reply: ExecuteReply;
  readonly limits: (name: TensorName) => Limits;
}

/** More zeros than this among the expected values prove little. */
const trustedZeros = 0.3;

function describeGradient({ method, of, got, expected, ratio: times }: GradientCheck): string {
  return method === 'differences'
    ? `${of}: backward says ${got} where its own forward, differenced, says ${expected} (${ratio(times)}× the allowed error)`
    : `${of}: the reference says ${got} where the oracle says ${expected} (${ratio(times)}× its bound)`;
}

/**
 * Verifies one backend on one case: agreement with the float64 reference, gradients, side effects.
 * What the host says of a lost process is not caught here.
 *
 * @param witness is shown what the backend answered, wrong or right
 */
export async function verifyCase(
  prepared: Prepared,
  subject: Subject,
  witness?: (witnessed: Witnessed) => void,
): Promise<Verdict> {
  const { problem } = prepared.row;
  const nothing = { tensors: [], gradients: [], checks: [] };
  try {
    const { supported, depth } = await subject.supports(problem);
    if (supported !== true) return { status: 'skipped', reason: supported, ...nothing };
    const reply = await subject.execute({ problem, inputSets: [prepared.inputs], guard, poison, repeat: true });
    const outputs = tensorsIn(reply.outputs[0]!);
    const limits = limitsOf(prepared, subject, depth);
    witness?.({ reply, limits });
    const agreements = agree(prepared, subject, outputs, limits);
    const tensors = agreements.map((agreement) => toReport(problem, agreement));
    const disagrees = agreements.some(({ mismatches }) => mismatches > 0);
    // Other bits than in the first run are allowed where that is declared; other results than the reference's are not.
    const again =
      subject.declared.deterministic === false && !disagrees
        ? agree(prepared, subject, tensorsIn(reply.repeated!), limits).find(({ mismatches }) => mismatches > 0)
        : undefined;
    const checks = [
      checkComplete(reply.outputs),
      ...(problem.dtype === 'f16' ? [checkStored(problem, reply.outputs)] : []),
      checkGuardZones(reply.repeated ? [...reply.outputs, reply.repeated] : reply.outputs),
      checkInputsUnchanged(problem, prepared.inputs, reply.inputsAfter),
      subject.declared.deterministic === false
        ? checkRepeatLoosely(problem, reply.outputs[0]!, reply.repeated!, again && describeAgreement(problem, again))
        : checkRepeat(problem, reply.outputs[0]!, reply.repeated!),
    ];
    const differences = canDifference(prepared) ? await checkDifferences(prepared, subject, outputs, limits) : [];
    const gradients = [...againstReference(tensors, problem.op), ...prepared.oracles, ...differences];
    const claim = disagrees ? contradictedClaim(prepared, subject, depth, outputs) : undefined;
    const once = judge(agreements, tensors, gradients, checks, claim);
    const agrees = once.status !== 'failed';
    const laws = await checkLaws(prepared, subject, outputs, depth, agrees);
    // A kernel that is wrong when it is called once is wrong in every order: that would say nothing new.
    if (!agrees) return { ...once, tensors, gradients, checks: [...checks, ...laws] };
    const all = [...checks, ...(await checkOrders(prepared, subject, depth)), ...laws];
    return { ...judge(agreements, tensors, gradients, all), tensors, gradients, checks: all };
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
  claim?: string,
): Pick<Verdict, 'status' | 'reason' | 'cause' | 'grade'> {
  const grade = agreements.map((agreement) => agreement.grade).reduce(worseGrade, 'A');
  const broken = checks.find(({ passed }) => !passed);
  const wrong = tensors.find(({ mismatches }) => mismatches > 0);
  const gradient = gradients.find(({ passed, method }) => !passed && method !== 'reference');
  const causes = [
    ...(broken ? [`${broken.name}: ${broken.message}`] : []),
    ...(wrong ? [describeMismatch(wrong)] : []),
    ...(claim === undefined ? [] : [claim]),
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
