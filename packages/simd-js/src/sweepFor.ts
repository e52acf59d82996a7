import { elementsPerChannel, type Layout, positionsOf, type Shape } from '@normgauge/contract';
import { Columns } from './columns.ts';
import { Planes } from './planes.ts';
import type { Sweep } from './sweep.ts';

/** Planes of fewer positions than this are walked as columns: setting up a loop costs as much as eight elements. */
const shortPlane = 8;

/** The walk that suits this shape and layout. */
export function sweepFor(shape: Shape, layout: Layout): Sweep {
  const positions = positionsOf(shape);
  if (shape.c === 1) return new Planes(1, 1, elementsPerChannel(shape));
  if (layout === 'nhwc') return new Columns(elementsPerChannel(shape), shape.c, 1);
  if (positions < shortPlane) return new Columns(shape.n, shape.c, positions);
  return new Planes(shape.n, shape.c, positions);
}
