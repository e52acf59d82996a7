import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import type { Environment } from '@normgauge/reports';

/** The answer of git in the current folder, or undefined where there is no git or no work tree. */
function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** The machine and the checkout that a run is made on. */
export function describeEnvironment(): Environment {
  const commit = git('rev-parse', 'HEAD');
  const changes = git('status', '--porcelain');
  const branch = git('branch', '--show-current');
  const subject = git('log', '-1', '--format=%s');
  const committed = git('log', '-1', '--format=%ct');
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    os: `${platform()} ${release()}`,
    arch: arch(),
    node: process.versions.node,
    v8: process.versions.v8,
    ...(commit !== undefined && { commit }),
    ...(commit !== undefined && changes !== undefined && { dirty: changes !== '' }),
    ...(branch && { branch }),
    ...(subject && { subject }),
    ...(committed && { committedAt: new Date(Number(committed) * 1000).toISOString() }),
    load: loadavg()[0] ?? 0,
  };
}

/** The version of this package. */
export function toolVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('../../package.json') as { version: string }).version;
}
