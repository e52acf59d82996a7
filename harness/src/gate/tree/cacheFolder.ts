import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Where trees and calibrations are kept: NORMGAUGE_CACHE, or the system's folder for what can be made again. */
export function cacheFolder(...parts: readonly string[]): string {
  const { NORMGAUGE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const usual =
    XDG_CACHE_HOME ?? (process.platform === 'win32' ? LOCALAPPDATA : undefined) ?? join(homedir(), '.cache');
  return join(NORMGAUGE_CACHE ?? join(usual, 'normgauge'), ...parts);
}

/** Milliseconds between two looks at a lock that another process holds. */
const interval = 250;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function holder(lock: string): number | undefined {
  try {
    return Number(readFileSync(join(lock, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** Does something that only one process may do at a time. A lock whose process is gone is taken over. */
export async function locked<T>(lock: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = holder(lock);
      await pause(interval);
      // Also where it was never written: its process ended in between.
      if (pid === holder(lock) && (pid === undefined || !isAlive(pid))) rmSync(lock, { recursive: true, force: true });
    }
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
