/** Numbers in [0, 1), the same on every machine. */
export type Uniform = () => number;

/**
 * mulberry32: 32 bits of state, good enough to fill tensors and quick enough not to be noticed.
 * Tommy Ettinger, public domain.
 */
export function uniformFrom(seed: number): Uniform {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a over the parts: one stream for every tensor and channel of a case, whatever else is drawn. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join('\u0000')) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return hash >>> 0;
}

/** A standard normal, by Box and Muller 1958, doi:10.1214/aoms/1177706645. */
export function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Uniform in [low, high). */
export function between(uniform: Uniform, low: number, high: number): number {
  return low + (high - low) * uniform();
}
