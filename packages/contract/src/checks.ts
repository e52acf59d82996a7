import { divisorOf } from './convention.ts';
import { ProblemError, ShapeError } from './errors.ts';
import {
  type DType,
  elementsOf,
  elementsPerChannel,
  layouts,
  ops,
  type Problem,
  type Shape,
  usualDTypes,
} from './problem.ts';
import { inputsOf, outputsOf, type TensorSlot, type Tensors } from './tensors.ts';

/** 2³²−1 elements of float32 are 16 GiB, past which no typed array here goes. */
const largestTensor = 2 ** 32 - 1;

/** `4x3x8x8`: N, C and the spatial sizes, whatever the layout. */
export function formatShape({ n, c, spatial }: Shape): string {
  return [n, c, ...spatial].join('x');
}

function show(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

function oneOf(field: string, allowed: readonly unknown[], actual: unknown): void {
  if (!allowed.includes(actual)) throw new ProblemError(field, `one of ${allowed.join(', ')}`, show(actual));
}

function checkShape(shape: Shape): void {
  const sizes: readonly (readonly [string, number])[] = [
    ['shape.n', shape.n],
    ['shape.c', shape.c],
    ...shape.spatial.map((size, axis) => [`shape.spatial[${axis}]`, size] as const),
  ];
  for (const [field, size] of sizes) {
    if (!Number.isSafeInteger(size) || size < 1) throw new ProblemError(field, 'a whole number ≥ 1', show(size));
  }
  if (shape.spatial.length > 3) {
    throw new ProblemError('shape.spatial', 'at most 3 sizes', `${shape.spatial.length}`);
  }
  if (elementsOf(shape) > largestTensor) {
    throw new ProblemError(
      'shape',
      `at most ${largestTensor} elements`,
      `${formatShape(shape)} = ${elementsOf(shape)}`,
    );
  }
}

/**
 * Every field of the convention, without regard to a shape.
 * @throws {ProblemError} naming the first field that is out of range
 */
export function checkConvention(convention: Problem['convention']): void {
  const { eps, momentum } = convention;
  if (!(Number.isFinite(eps) && eps >= 0)) throw new ProblemError('convention.eps', 'a finite number ≥ 0', show(eps));
  oneOf('convention.epsPlacement', ['inside-sqrt', 'outside-sqrt'], convention.epsPlacement);
  oneOf('convention.normalizeDivisor', ['m', 'm-1'], convention.normalizeDivisor);
  oneOf('convention.runningDivisor', ['m', 'm-1'], convention.runningDivisor);
  oneOf('convention.singleElement', ['nan', 'guard', 'refuse'], convention.singleElement);
  if (momentum !== 'cumulative' && !(typeof momentum === 'number' && momentum >= 0 && momentum <= 1)) {
    throw new ProblemError('convention.momentum', 'a number in 0…1 or "cumulative"', show(momentum));
  }
}

/** Why a backend that stores these formats does not take the problem, or undefined when it does: an answer of `supports`. */
export function whyNotStored(
  { dtype }: Pick<Problem, 'dtype'>,
  stored: readonly DType[] = usualDTypes,
): string | undefined {
  return stored.includes(dtype) ? undefined : `stores ${stored.join(' and ')}, not ${dtype}`;
}

/**
 * Whether the problem has a meaning. Every backend calls this in `plan`, so that all refuse alike.
 * @param stored the formats that the backend stores; `f32` alone when left out
 * @throws {ProblemError} naming the field, what was expected and what came
 */
export function checkProblem(problem: Problem, stored: readonly DType[] = usualDTypes): void {
  oneOf('op', ops, problem.op);
  oneOf('layout', layouts, problem.layout);
  oneOf('dtype', stored, problem.dtype);
  oneOf('affine', [true, false], problem.affine);
  checkShape(problem.shape);
  checkConvention(problem.convention);
  const { normalizeDivisor, runningDivisor, singleElement } = problem.convention;
  const m = elementsPerChannel(problem.shape);
  const divisors =
    problem.op === 'forward-training'
      ? [normalizeDivisor, runningDivisor]
      : problem.op === 'backward'
        ? [normalizeDivisor]
        : [];
  if (singleElement === 'refuse' && divisors.some((kind) => divisorOf(kind, m, singleElement) === 0)) {
    throw new ProblemError('shape', 'more than one element per channel, since the convention divides by m−1', '1');
  }
}

const axesOf = { full: '[N,C,spatial]', channel: '[C]', scalar: '[1]' };

function checkTensor(slot: TensorSlot, tensor: unknown): void {
  const expected = `a Float32Array of ${slot.length} elements ${axesOf[slot.extent]}`;
  if (tensor === undefined || tensor === null) throw new ShapeError(slot.name, expected, 'nothing');
  if (Object.prototype.toString.call(tensor) !== '[object Float32Array]' || !ArrayBuffer.isView(tensor)) {
    throw new ShapeError(slot.name, expected, Object.prototype.toString.call(tensor).slice(8, -1));
  }
  const { length } = tensor as Float32Array;
  if (length !== slot.length) throw new ShapeError(slot.name, expected, `${length} elements`);
}

function refuseUnknown(slots: readonly TensorSlot[], tensors: Tensors, role: string): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor !== undefined && !slots.some((slot) => slot.name === name)) {
      throw new ShapeError(name as TensorSlot['name'], `no such ${role} in this problem`, 'one');
    }
  }
}

/**
 * Every input present, a Float32Array, of the right length, and no other.
 * @throws {ShapeError} naming the tensor, what was expected and what came
 */
export function checkInputs(problem: Problem, inputs: Tensors): void {
  const slots = inputsOf(problem);
  refuseUnknown(slots, inputs, 'input');
  for (const slot of slots) checkTensor(slot, inputs[slot.name]);
}

/**
 * Every view that was given is a Float32Array of the right length. Outputs not asked for may be absent.
 * @throws {ShapeError} naming the tensor, what was expected and what came
 */
export function checkOutputs(problem: Problem, into: Tensors): void {
  const slots = outputsOf(problem);
  refuseUnknown(slots, into, 'output');
  for (const slot of slots) {
    if (into[slot.name] !== undefined) checkTensor(slot, into[slot.name]);
  }
}
