import { spawn } from 'node:child_process';

export interface Ended {
  /** null when it had to be killed. */
  readonly status: number | null;
  readonly output: string;
}

/** Runs a module's text in a process of its own, which must end by itself within the limit. It sees the built package. */
export function runNode(text: string, env: Readonly<Record<string, string>> = {}, limitMs = 50_000): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
      cwd: new URL('..', import.meta.url),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output });
    });
  });
}
