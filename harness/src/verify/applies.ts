import { conventionNamed, elementsOf, elementsPerChannel } from '@normgauge/contract';
import type { Case } from '../cases/case.ts';
import type { Subject } from './subject.ts';

/*
 * Which cases are also tried with calls in other orders, and by laws. What these find does not depend on the data, so
 * ordinary data will do; and not on the size, so that small problems will do, which are cheap to call often.
 */

/** Below this a cache that samples its inputs has seen them all. */
const leastElements = 64;
/** Fewer elements per channel and the bounds are too wide to tell much. */
const leastPerChannel = 8;
const mostElementsCalled = 4096;
const mostElementsOfLaws = 1100;

/** Between these a case is large enough for a kernel that is careful with small problems only, and not too large to call. */
const leastElementsOfLarge = 16_385;
const mostElementsOfLarge = 65_536;

function isOrdinary({ problem, fill }: Case, least: number, most: number): boolean {
  const elements = elementsOf(problem.shape);
  return (
    fill.name === 'normal' &&
    elements >= least &&
    elements <= most &&
    elementsPerChannel(problem.shape) >= leastPerChannel
  );
}

/** How many of the orders of `orders.ts` a case is tried in. */
export type Orders = 'all' | 'cheap' | 'large' | 'none';

/**
 * On data `normal` with 64 to 4,096 elements, 8 or more a channel: all orders under `pytorch`, the cheap ones under
 * `onnx`, where the suites have their many shapes, none elsewhere, for a convention changes numbers and not the order
 * of calls. A subject that does not know `pytorch` is tried in all orders under what it knows. Larger problems of up to
 * 65,536 elements are tried under `onnx` and in nchw in the orders that tell a kernel which takes large data for known.
 */
export async function ordersFor(row: Case, subject: Pick<Subject, 'supports'>): Promise<Orders> {
  if (isOrdinary(row, leastElementsOfLarge, mostElementsOfLarge)) {
    return row.convention === 'onnx' && row.problem.layout === 'nchw' ? 'large' : 'none';
  }
  if (!isOrdinary(row, leastElements, mostElementsCalled)) return 'none';
  if (row.convention === 'pytorch') return 'all';
  const { supported } = await subject.supports({ ...row.problem, convention: conventionNamed('pytorch')! });
  if (supported !== true) return 'all';
  return row.convention === 'onnx' ? 'cheap' : 'none';
}

/**
 * True when the laws are checked on the case: data `normal`, 64 to 1,100 elements, 8 or more a channel. Of dtype f32: the data that make a
 * law exact have more bits than float16.
 */
export function isHeldToLaws(row: Case): boolean {
  return row.problem.dtype === 'f32' && isOrdinary(row, leastElements, mostElementsOfLaws);
}
