/**
 * The cells through which the first thread and the others talk, Int32 in shared memory. What different threads write
 * lies in cache lines of its own.
 */
export const cells = {
  /**
   * How many Jobs of the present step nobody has taken yet, in its lowest bits, and above them the number of the step. Whoever
   * lowers it by one does the Job of that number; a change is the sign to begin. As long as there is one to take, the cells of the
   * step do not change.
   */
  left: 0,
  /** Which step: an index of `steps`, or `quit`. */
  step: 1,
  /** Address of the first Job. */
  job: 2,
  /** Jobs that are not done yet. */
  pending: 16,
  /** 1 when a step has thrown. */
  failed: 32,
  /** One a thread, `line` cells apart: 1 while it sleeps. */
  asleep: 48,
} as const;

export const line = 16;

/** Bits for the number of Jobs in `left`. */
const jobBits = 10;

/** `left` at the beginning of a step. */
export function allOf(step: number, jobs: number): number {
  return (step << jobBits) | jobs;
}

/** Jobs in `left`. */
export function jobsIn(left: number): number {
  return left & (2 ** jobBits - 1);
}

/**
 * Takes a Job of the present step and says its number; undefined where all are taken. Whoever comes late, because it slept or had no
 * core, finds what there is left, and is waited for by nobody.
 */
export function takeJob(control: Int32Array): number | undefined {
  for (;;) {
    const left = Atomics.load(control, cells.left);
    if (jobsIn(left) === 0) return undefined;
    if (Atomics.compareExchange(control, cells.left, left, left - 1) === left) return jobsIn(left) - 1;
  }
}

export const quit: number = -1;

export function controlCells(threads: number): number {
  return cells.asleep + line * threads;
}

/** What threads do at the same time, Job by Job; named as assembly/index.ts exports them. */
export const steps = [
  'forwardTraining',
  'inference',
  'backward',
  'backwardFrozen',
  'readColumns',
  'sumColumns',
  'mapColumns',
  'sumGradientColumns',
  'mapGradientColumns',
  'mapFrozenColumns',
] as const;

export type Step = (typeof steps)[number];

/** What a thread is told when it starts. */
export interface Welcome {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** 1 for the first after the one that runs the plans, which is 0. */
  readonly thread: number;
}

/**
 * How often a thread looks again before it sleeps: some 25 µs, longer than the O(C) part of a step or the pause between
 * two calls of `run` in a row takes. Where two threads have to share a core, the one that looks keeps the other from
 * working: twenty times as long made a call of 30 µs take 530 µs on a busy machine, and 90 µs with this.
 */
export const patience = 1500;
