/**
 * The cells through which the first thread and the others talk, Int32 in shared memory. What different threads write
 * lies in cache lines of its own.
 */
export const cells = {
  /** Counts the steps; a change is the sign to begin. */
  generation: 0,
  /** Which step: an index of `steps`, or `quit`. */
  step: 1,
  /** Address of the first Job, and how many threads have one. */
  job: 2,
  count: 3,
  /** Threads that have not done the step yet. */
  pending: 16,
  /** 1 when a step has thrown. */
  failed: 32,
  /** One a thread, `line` cells apart: 1 while it sleeps. */
  asleep: 48,
} as const;

export const line = 16;

export const quit: number = -1;

export function controlCells(threads: number): number {
  return cells.asleep + line * threads;
}

/** What every thread does at the same time, each with its own Job; named as assembly/index.ts exports them. */
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
