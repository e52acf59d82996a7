import type { Replaced } from './kernel.ts';

/** Changes these tensors as they are read. */
export const loading = (round: (value: number) => number, names: readonly string[]): Replaced => ({
  load: (value, name) => (names.includes(name) ? round(value) : value),
});

/** Changes these tensors as they are written. */
export const storing = (round: (value: number) => number, names: readonly string[]): Replaced => ({
  store: (value, name) => (names.includes(name) ? round(value) : value),
});
