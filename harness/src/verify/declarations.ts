import { elementsPerChannel, type TensorName, type Tensors } from '@normgauge/contract';
import type { Declared } from '../hosts/protocol.ts';
import { agree } from './agreement.ts';
import { boundlessLimits, declaredClass, limitsFor } from './limits.ts';
import type { PreparedSet } from './prepare.ts';
import type { Subject } from './subject.ts';
import type { ErrorClass } from './tolerance.ts';

/*
 * A declaration is a claim, and is checked. Where a result is outside what the declared class allows, the class is
 * widened by one claim at a time: the first one that takes the errors in is the claim that they contradict.
 */

/** One claim about arithmetic. */
interface Claim {
  readonly field: keyof Declared;
  /** What is claimed, by a declaration or by the silence that is read as one. */
  readonly claims: (own: ErrorClass) => string;
  readonly errsLike: string;
  /** The class without the claim; the same class where there is nothing to take back. */
  readonly widened: (own: ErrorClass, m: number) => ErrorClass;
}

/** The widest last. */
const claims: readonly Claim[] = [
  {
    field: 'flushToZero',
    claims: () => 'no flush to zero',
    errsLike: 'a kernel that flushes to zero',
    widened: (own) => ({ ...own, flushToZero: true }),
  },
  {
    field: 'affine',
    claims: () => 'a centred affine step',
    errsLike: 'a folded one',
    widened: (own) => ({ ...own, affine: 'folded' }),
  },
  {
    field: 'invStdError',
    claims: ({ invStdError }) => `an inverse root within ${invStdError} units of 2⁻²⁴`,
    errsLike: 'one within 15',
    widened: (own) => ({ ...own, invStdError: 15 }),
  },
  {
    field: 'declaresDepth',
    claims: ({ depth }) => `sums of depth ${depth}`,
    errsLike: 'sums in one accumulator',
    widened: (own, m) => ({ ...own, depth: m }),
  },
  {
    field: 'statistics',
    claims: ({ statistics }) => `${statistics} statistics`,
    errsLike: 'Welford',
    widened: (own) => (own.statistics === 'two-pass' ? { ...own, statistics: 'welford' } : own),
  },
  {
    field: 'statistics',
    claims: ({ statistics }) => `${statistics} statistics`,
    errsLike: 'one-pass',
    widened: (own) => ({ ...own, statistics: 'one-pass' }),
  },
];

function sentence(declared: Declared, { field, claims: claimed, errsLike }: Claim, own: ErrorClass): string {
  // A depth is a function of m, of which only the presence is known.
  const isDeclared = field === 'declaresDepth' ? declared.declaresDepth : declared[field] !== undefined;
  const by = isDeclared ? 'declares' : 'declares nothing, which is read as';
  return `${by} ${claimed(own)} but errs like ${errsLike}`;
}

/** Channels whose invStd is off by factors that are closer together than this are off by one factor. */
const sameFactor = 0.1;

/**
 * Whether the variance is off, and by a factor of its own in every channel, as cancellation makes it. One factor for all
 * is another divisor or another eps: the bound of one pass, which is wide where the mean is large, would take it in.
 */
function isScattered(prepared: PreparedSet, wrong: readonly TensorName[], { invStd }: Tensors): boolean {
  const { expected, channels } = prepared;
  if (!invStd || !expected.invStd || !wrong.includes('runningVar')) return false;
  const errors = channels.map((c, k) => Math.abs(invStd[c]! / expected.invStd![k]! - 1));
  return Math.min(...errors) < (1 - sameFactor) * Math.max(...errors);
}

/** Whether the outputs agree when the backend is taken for one of this class. */
function agreesAs(
  prepared: PreparedSet,
  declared: Declared,
  outputs: Tensors,
  limits: ReturnType<typeof limitsFor>,
): boolean {
  return agree(prepared, { declared }, outputs, limits).every(({ mismatches }) => mismatches === 0);
}

/**
 * The claim that wrong outputs contradict, in one sentence; undefined where no single claim explains them.
 *
 * @param depth the depth that the subject declares for the case's number of elements per channel
 */
export function contradictedClaim(
  prepared: PreparedSet,
  { declared }: Pick<Subject, 'declared'>,
  depth: number | undefined,
  outputs: Tensors,
): string | undefined {
  const { bounds, row } = prepared;
  const own = declaredClass(declared, depth, row.problem);
  const wrong = agree(prepared, { declared }, outputs, limitsFor(bounds, own))
    .filter(({ mismatches }) => mismatches > 0)
    .map(({ name }) => name);
  const isWild = Object.values(prepared.sampledInputs).some((tensor) => !tensor.every(Number.isFinite));
  if (isWild && declared.nonFinite !== 'unspecified') {
    if (agreesAs(prepared, { ...declared, nonFinite: 'unspecified' }, outputs, limitsFor(bounds, own))) {
      const by = declared.nonFinite === undefined ? 'declares nothing, which is read as' : 'declares';
      return `${by} IEEE non-finite values but is wrong only where there are some`;
    }
  }
  const m = elementsPerChannel(row.problem.shape);
  if (agreesAs(prepared, declared, outputs, boundlessLimits(bounds, own))) {
    return 'errs within what its declared class may give, but by more than a declaration excuses';
  }
  const scattered = isScattered(prepared, wrong, outputs);
  for (const claim of claims) {
    const wider = claim.widened(own, m);
    if (wider === own || (claim.field === 'statistics' && !scattered)) continue;
    if (agreesAs(prepared, declared, outputs, limitsFor(bounds, wider))) {
      return `${sentence(declared, claim, own)}, which would pass if it were declared`;
    }
    if (agreesAs(prepared, declared, outputs, boundlessLimits(bounds, wider))) {
      return `${sentence(declared, claim, own)}, by more than a declaration excuses`;
    }
  }
  return undefined;
}
