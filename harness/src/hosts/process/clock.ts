import { randomInt } from 'node:crypto';

/*
 * Captured before a backend is loaded: what a backend does to the globals later does not reach the clock, the copy that
 * is the roof, or the channel to the harness.
 */

const { now: capturedNow } = performance;
const capturedCpuUsage = process.cpuUsage.bind(process);
const capturedSet = Float32Array.prototype.set;
const { apply } = Reflect;
const capturedRandomInt = randomInt;
const capturedSetTimeout = setTimeout;
const capturedSetImmediate = setImmediate;

/** Milliseconds since the process began. */
export const now: () => number = capturedNow.bind(performance);

/** Milliseconds that the process has spent on all cores together. */
export function processorTime(): number {
  const { user, system } = capturedCpuUsage();
  return (user + system) / 1000;
}

/** Copies source to target with the engine's own memory copy. */
export function copyInto(target: Float32Array, source: Float32Array): void {
  apply(capturedSet, target, [source]);
}

/** A number that no backend foresees, from 0 to `below` − 1. */
export function draw(below: number): number {
  return capturedRandomInt(below);
}

function timeout(milliseconds: number): Promise<void> {
  return new Promise((resolve) => capturedSetTimeout(resolve, milliseconds));
}

/**
 * Resolves after so many milliseconds, and after every timer that was to go off by then: where the process was busy meanwhile,
 * Node lets timers of one duration go off before overdue ones of another.
 */
export async function pause(milliseconds: number): Promise<void> {
  await timeout(milliseconds);
  await timeout(1);
}

/** Resolves when everything that is ready now has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => capturedSetImmediate(resolve));
}
