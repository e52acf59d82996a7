import type { Op } from '@normgauge/contract';
import type { Replaced } from './kernel.ts';
import type { Indices, Place } from './steps.ts';

/** Some of the elements of a channel, in some order. */
export type Choose = (elements: Indices, place: Place) => Indices;

/** Chooses what enters the sums, in some ops or all. */
export const inSums = (summed: Choose, where?: readonly Op[]): Replaced => ({
  summed: (elements, place) => (!where || where.includes(place.problem.op) ? summed(elements, place) : elements),
});

/** Chooses what is written. */
export const inWrites = (written: Choose): Replaced => ({ written });

/** The size of the last axis. */
export const lastAxis = ({ problem, positions }: Place): number => problem.shape.spatial.at(-1) ?? positions;
