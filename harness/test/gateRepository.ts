import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GateReport } from '../src/gate/gateReport.ts';
import { newFolder, type Outcome } from './commandLine.ts';
import { kernelText, type Quirks, writeFiles } from './gateKernels.ts';

const cli = fileURLToPath(new URL('../bin/normgauge.js', import.meta.url));

/** What is built: the kernel is copied from src to dist, which git does not keep. */
const build = `import { mkdirSync, copyFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
copyFileSync('src/kernel.mjs', 'dist/kernel.mjs');
`;

/** Margins that leave room for a busy machine: what the tests make slower is slower by half and more. */
const margins = {
  version: 1,
  margins: [{ case: '**', reason: 'busy machines', failAbovePercent: 15, passBelowPercent: 35, controlPercent: 12 }],
};

const lock = { name: 'tried', version: '1.0.0', lockfileVersion: 3, requires: true, packages: {} };

export const cases = ['inference/nchw/4x8x14x14/normal/pytorch', 'inference/nchw/3x8x14x14/normal/pytorch'] as const;

/** A kernel author's repository in a temporary folder, with a cache of its own beside it. */
export class Repository {
  readonly folder: string = realpathSync(newFolder());
  readonly cache: string = realpathSync(newFolder());

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
    this.write({
      'package.json': JSON.stringify({
        name: 'tried',
        version: '1.0.0',
        type: 'module',
        scripts: { build: 'node build.mjs' },
      }),
      'package-lock.json': JSON.stringify(lock),
      'build.mjs': build,
      '.gitignore': 'dist/\n',
      'normgauge.gate.json': JSON.stringify(margins),
    });
  }

  write(files: { readonly [path: string]: string }): void {
    writeFiles(this.folder, files);
  }

  git(...args: readonly string[]): string {
    const own = ['-c', 'user.name=Author', '-c', 'user.email=author@example.org', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', ['-C', this.folder, ...own, ...args], { encoding: 'utf8' }).trim();
  }

  /** Commits this kernel, and builds it here. */
  commit(quirks: Quirks, files: { readonly [path: string]: string } = {}): void {
    this.write({ 'src/kernel.mjs': kernelText(quirks), ...files });
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', 'A kernel');
    if (!('build.mjs' in files)) this.build();
  }

  build(): void {
    execFileSync(process.execPath, ['build.mjs'], { cwd: this.folder });
  }

  /** Starts the gate on the built kernel of this folder. */
  #start(args: readonly string[], env: NodeJS.ProcessEnv): { readonly command: string[]; readonly options: object } {
    const usual = ['--backend', 'dist/kernel.mjs', '--out', 'dist/gate', ...cases.flatMap((id) => ['--case', id])];
    return {
      command: [cli, 'gate', ...(args.includes('--case') ? usual.slice(0, 4) : usual), ...args],
      options: { cwd: this.folder, env: { ...process.env, NORMGAUGE_CACHE: this.cache, ...env } },
    };
  }

  gate(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const { command, options } = this.#start(args, env);
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        command,
        { ...options, maxBuffer: 2 ** 26 },
        (_error, stdout, stderr) => {
          resolve({ status: child.exitCode, stdout: String(stdout), stderr: String(stderr) });
        },
      );
    });
  }

  /** Sends the gate a signal as soon as a file of this folder is there. */
  stopped(signal: NodeJS.Signals, file: string, args: readonly string[]): Promise<number | null> {
    const { command, options } = this.#start(args, {});
    const child = spawn(process.execPath, command, { ...options, stdio: 'ignore' });
    const poll = setInterval(() => {
      if (!existsSync(join(this.folder, file))) return;
      clearInterval(poll);
      child.kill(signal);
    }, 20);
    return new Promise((resolve) => {
      child.on('close', (status) => {
        clearInterval(poll);
        resolve(status);
      });
    });
  }

  /** The report that the last gate left. */
  get report(): GateReport {
    return JSON.parse(readFileSync(join(this.folder, 'dist/gate/gate.json'), 'utf8')) as GateReport;
  }

  get page(): string {
    return readFileSync(join(this.folder, 'dist/gate/gate.html'), 'utf8');
  }

  get markdown(): string {
    return readFileSync(join(this.folder, 'dist/gate/gate.md'), 'utf8');
  }
}
