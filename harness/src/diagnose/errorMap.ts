import { elementsIn, fullOutput, type Observation } from './observation.ts';

/** Where in y or dx the errors sit: a line a channel, a column a stretch of its elements, sample by sample. */
export interface ErrorMap {
  readonly tensor: 'y' | 'dx';
  /** Elements per channel that one column stands for. */
  readonly stretch: number;
  readonly rows: readonly { readonly channel: number; readonly shares: readonly number[] }[];
}

const mostColumns = 64;
const mostRows = 24;

/** The share of wrong elements in every stretch of every channel. */
export function errorMapOf(seen: Observation): ErrorMap {
  const tensor = fullOutput(seen);
  const mask = seen.mask[tensor]!;
  const stretch = Math.ceil(seen.m / mostColumns);
  const columns = Math.ceil(seen.m / stretch);
  const rows = seen.channels.slice(0, mostRows).map((channel, c) => {
    const wrong = new Float64Array(columns);
    const size = new Float64Array(columns);
    elementsIn(seen, c).forEach((i, k) => {
      const column = Math.floor(k / stretch);
      wrong[column]! += mask[i]!;
      size[column]!++;
    });
    return { channel, shares: Array.from(wrong, (count, k) => count / size[k]!) };
  });
  return { tensor, stretch, rows };
}
