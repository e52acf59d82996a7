import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotRun } from '../notRun.ts';

/** Milliseconds for an installation or a build. */
const limit = 20 * 60_000;

/** What an npm that started us says of itself would lead the one we start astray; production leaves out what builds. */
const notPassedOn =
  /^(npm_lifecycle_|npm_package_|npm_command$|npm_execpath$|npm_config_(local_prefix|workspace|include|omit|prefix$)|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|VITEST|TURBO_HASH)/;

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !notPassedOn.test(name));
  // No git hooks are installed from the checkout of a gate.
  return { ...Object.fromEntries(kept), HUSKY: '0', TURBO_TELEMETRY_DISABLED: '1' };
}

const isWindows = process.platform === 'win32';

/** Runs npm in a folder, its output going to a log; answers whether it ended well. Ends with the signal. */
function npm(folder: string, args: readonly string[], log: string, signal: AbortSignal): Promise<boolean> {
  appendFileSync(log, `\n$ npm ${args.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(isWindows ? 'npm.cmd' : 'npm', [...args], {
      cwd: folder,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that everything it starts ends with it.
      detached: !isWindows,
      shell: isWindows,
    });
    const end = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(isWindows ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    const timer = setTimeout(end, limit);
    signal.addEventListener('abort', end);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => appendFileSync(log, chunk));
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      then();
    };
    child.on('error', () =>
      settle(() => reject(new NotRun('npm cannot be started: is it installed and on the PATH?'))),
    );
    child.on('close', (status) => {
      settle(() => {
        if (signal.aborted) reject(new NotRun('the gate was stopped'));
        else resolve(status === 0);
      });
    });
  });
}

interface Manifest {
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly scripts?: { readonly [name: string]: string };
}

function manifestIn(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch (error) {
    throw new NotRun(`its package.json cannot be read: ${(error as Error).message}`);
  }
}

/** The last line of a log that speaks of an error. */
function tellingLine(log: string): string {
  const lines = readFileSync(log, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  const told = lines.filter(
    (line) => /error/i.test(line) && !/complete log|npm error\s*$|^npm error (path|command|code)/i.test(line),
  );
  return (told.at(-1) ?? lines.filter((line) => line !== '').at(-1) ?? 'it said nothing').slice(0, 300);
}

const quietly = ['--no-audit', '--no-fund', '--include=dev'];

/**
 * Installs what the folder's lock file names, from npm's cache where that has it all, and builds.
 * @throws {NotRun} when it cannot be installed or does not build, with what was said last
 */
export async function installAndBuild(folder: string, log: string, signal: AbortSignal): Promise<void> {
  const { dependencies = {}, devDependencies = {}, scripts = {} } = manifestIn(folder);
  if (existsSync(join(folder, 'package-lock.json'))) {
    const installed =
      (await npm(folder, ['ci', '--offline', ...quietly], log, signal)) ||
      (await npm(folder, ['ci', '--prefer-offline', ...quietly], log, signal));
    if (!installed) throw new NotRun(`its dependencies cannot be installed: ${tellingLine(log)} (all of it: ${log})`);
  } else if (Object.keys({ ...dependencies, ...devDependencies }).length > 0) {
    throw new NotRun('it has dependencies and no package-lock.json to install them by: pass it as a built directory');
  }
  if (scripts['build'] === undefined) return;
  if (!(await npm(folder, ['run', 'build'], log, signal))) {
    throw new NotRun(`it does not build: ${tellingLine(log)} (all of it: ${log})`);
  }
}

/**
 * Installs a packed tarball with its dependencies into a folder that has a package.json.
 * @throws {NotRun} when that does not succeed
 */
export async function installTarball(folder: string, tarball: string, log: string, signal: AbortSignal): Promise<void> {
  const args = ['install', tarball, '--no-audit', '--no-fund', '--omit=dev'];
  const installed =
    (await npm(folder, [...args, '--offline'], log, signal)) ||
    (await npm(folder, [...args, '--prefer-offline'], log, signal));
  if (!installed) throw new NotRun(`it cannot be installed: ${tellingLine(log)} (all of it: ${log})`);
}
