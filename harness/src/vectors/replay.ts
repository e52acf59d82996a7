import type { TensorName } from '@normgauge/contract';
import { compute, type RealTensors } from '@normgauge/reference';
import { errorRatio } from '../verify/compare.ts';
import { boundsContext } from '../verify/facts.ts';
import { declaredClass, limitsFor, type SharedBounds, sharedBounds } from '../verify/limits.ts';
import { guard, poison, tensorsIn } from '../verify/protocol.ts';
import { KernelFault, type Subject } from '../verify/subject.ts';
import { halfSpacing } from './floatFormat.ts';
import { positionInShape } from './placement.ts';
import { publishedDistance } from './publishedTolerance.ts';
import type { PublishedTensor, VectorProblem } from './vectorProblem.ts';

/** An element and what was found there. */
export interface ReplayedElement {
  /** Index into the published tensor. */
  readonly index: number;
  /** The same axis by axis, in the published shape. */
  readonly position: string;
  readonly got: number;
  readonly published: number;
}

/** One published output against what was computed. */
export interface ReplayedTensor {
  /** As the file names it. */
  readonly field: PublishedTensor['field'];
  readonly elements: number;
  /** Elements beyond our own bound. */
  readonly outside: number;
  /** Largest |got − published| ÷ allowed error. Infinity for a NaN that should be a number. */
  readonly headroom: number;
  /** The element with that ratio. Absent when everything is exact. */
  readonly worst?: ReplayedElement & { readonly allowed: number };
  /** The publisher's verdict; absent where none was published. */
  readonly byPublisher?: {
    readonly outside: number;
    /** Largest distance, in the publisher's metric. */
    readonly distance: number;
    /** The element with that distance. Absent when everything is exact. */
    readonly worst?: ReplayedElement;
  };
}

/** What became of one case on the reference or on a backend. */
export type Replay =
  | { readonly status: 'passed' | 'failed'; readonly tensors: readonly ReplayedTensor[] }
  | { readonly status: 'failed' | 'skipped'; readonly reason: string };

/** The process that was to replay a case was lost. */
export interface Lost {
  readonly status: 'crashed' | 'timed-out';
  readonly reason: string;
}

/** A case with the reference's answer and the bounds that follow from its data. */
export interface PreparedVector {
  readonly vector: VectorProblem;
  readonly reference: RealTensors;
  readonly bounds: SharedBounds;
}

/** Asks the reference, once for every subject. */
export function prepareVector(vector: VectorProblem): PreparedVector {
  const { problem, exactInputs } = vector;
  const reference = compute(problem, exactInputs);
  return { vector, reference, bounds: sharedBounds(boundsContext(problem, exactInputs, reference)) };
}

/**
 * Compares what was computed with what was published.
 *
 * The allowed error of an element is that of its two ends. The published number is taken for one that a careful float32
 * kernel computed (the grade A bound) and its format rounded (half a spacing: 2⁻¹¹ of it in float16); the subject may be
 * off by `ofSubject` besides.
 *
 * @param outputs in the problem's layout
 * @param ofSubject allowed error of the subject's own arithmetic, one an element
 */
export function compareWithPublished(
  { vector, bounds }: PreparedVector,
  outputs: RealTensors,
  ofSubject: (name: TensorName) => ArrayLike<number> | undefined,
): Replay {
  const tensors = vector.published.map((published): ReplayedTensor => {
    const { tensor, values } = published;
    const isFull = tensor === 'y' || tensor === 'dx';
    const own = ofSubject(tensor);
    const careful = bounds.a[tensor]!;
    return judge(vector, published, (i) => {
      const k = isFull && vector.order ? vector.order[i]! : i;
      const allowed = (own?.[k] ?? 0) + careful[k]! + halfSpacing(vector.format, values[i]!);
      return { got: outputs[tensor]![k]!, allowed };
    });
  });
  return { status: tensors.every(({ outside }) => outside === 0) ? 'passed' : 'failed', tensors };
}

function judge(
  { row, format }: VectorProblem,
  { field, tensor, values }: PublishedTensor,
  at: (i: number) => { readonly got: number; readonly allowed: number },
): ReplayedTensor {
  const isFull = tensor === 'y' || tensor === 'dx';
  const element = (index: number): ReplayedElement => ({
    index,
    position: isFull ? positionInShape(row.shape, index) : `[${index}]`,
    got: at(index).got,
    published: values[index]!,
  });
  const { tolerance } = row;
  let outside = 0;
  let headroom = 0;
  let worst = -1;
  let outsidePublished = 0;
  let distance = 0;
  let farthest = -1;
  for (const [i, target] of values.entries()) {
    const { got, allowed } = at(i);
    const ratio = errorRatio(got, target, allowed);
    if (!(ratio <= 1)) outside++;
    if (ratio > headroom) {
      headroom = ratio;
      worst = i;
    }
    if (!tolerance) continue;
    const published = publishedDistance(tolerance, format, got, target);
    if (!published.within) outsidePublished++;
    if (published.distance > distance) {
      distance = published.distance;
      farthest = i;
    }
  }
  return {
    field,
    elements: values.length,
    outside,
    headroom,
    ...(worst >= 0 && { worst: { ...element(worst), allowed: at(worst).allowed } }),
    ...(tolerance && {
      byPublisher: { outside: outsidePublished, distance, ...(farthest >= 0 && { worst: element(farthest) }) },
    }),
  };
}

/** The case on the reference: whether the published numbers are those of a correct implementation. */
export function replayOnReference(prepared: PreparedVector): Replay {
  return compareWithPublished(prepared, prepared.reference, () => undefined);
}

/** The case on a backend. What the host says of a lost process is not caught here. */
export async function replayOn(subject: Subject, prepared: PreparedVector): Promise<Replay> {
  const { problem, inputs } = prepared.vector;
  try {
    const { supported, depth } = await subject.supports(problem);
    if (supported !== true) return { status: 'skipped', reason: supported };
    const reply = await subject.execute({ problem, inputSets: [inputs], guard, poison, repeat: false });
    const limits = limitsFor(prepared.bounds, declaredClass(subject.declared, depth, problem));
    return compareWithPublished(prepared, tensorsIn(reply.outputs[0]!), (name) => limits(name).verdict);
  } catch (error) {
    if (error instanceof KernelFault) return { status: 'failed', reason: error.message };
    throw error;
  }
}

/** True when every output lies within the published tolerance, or none was published. */
export function satisfiesPublisher(replay: Replay | Lost): boolean {
  return 'tensors' in replay && replay.tensors.every(({ byPublisher }) => (byPublisher?.outside ?? 0) === 0);
}
