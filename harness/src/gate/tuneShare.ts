/** How much longer head took, as a share of base's time, when it did this share of its work once more. */
export interface Pilot {
  readonly share: number;
  readonly seen: number;
}

/** The least share that is worth trying. */
const least = 0.001;

/**
 * The share of the work to repeat so that it takes so much more time, on the line through two pilots. A call costs something
 * besides its work, so that the line does not go through 0.
 *
 * @returns undefined where the call alone costs more than that, or the pilots say nothing
 */
export function shareFor(target: number, low: Pilot, high: Pilot): number | undefined {
  const slope = (high.seen - low.seen) / (high.share - low.share);
  if (!(slope > 0)) return undefined;
  const share = low.share + (target - low.seen) / slope;
  return share >= least && share <= 1 ? share : undefined;
}
