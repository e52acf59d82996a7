import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { newFolder } from './commandLine.ts';
import { cases, Repository } from './gateRepository.ts';
import { isRunning } from './isRunning.ts';
import { plainEnvironment } from './vitestRun.ts';

/** A repository whose main is this and whose branch `change` is checked out and built. */
function changed(
  ...[base, head]: readonly [Parameters<Repository['commit']>[0], Parameters<Repository['commit']>[0]]
): Repository {
  const repository = new Repository();
  repository.commit(base);
  repository.git('checkout', '--quiet', '-b', 'change');
  repository.commit(head);
  return repository;
}

const verdicts = ({ report }: Repository) => Object.fromEntries(report.rows.map((row) => [row.case, row.verdict]));

describe.concurrent('the gate on a repository', () => {
  it('passes unchanged code, leaves the work tree as it was, and git with one work tree', async () => {
    const repository = changed({}, {});
    const { status, stdout } = await repository.gate(['--base', 'main']);
    expect(stdout).toContain('gate: pass');
    expect(status).toBe(0);
    expect(verdicts(repository)).toEqual({ [cases[0]]: 'pass', [cases[1]]: 'pass' });
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(repository.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
    expect(repository.report.base).toMatchObject({ kind: 'commit', identity: repository.git('rev-parse', 'main') });
    expect(repository.markdown).toContain('## normgauge gate: ✓ pass');
    expect(repository.page).toContain('normgauge gate: pass</title>');
    expect(stdout).toContain('--calibrate');
  });

  it('fails the case that became slower, by its name, and no other', async () => {
    const repository = changed({}, { work: 'shape.n === 4 ? 2 : 1' });
    const { status, stderr } = await repository.gate(['--base', 'main']);
    expect(verdicts(repository)).toEqual({ [cases[0]]: 'fail', [cases[1]]: 'pass' });
    expect(status).toBe(1);
    expect(stderr).toContain(`✗ tried · ${cases[0]} · fail: slower than base`);
    expect(stderr).toContain(`--base main --backend dist/kernel.mjs --case ${cases[0]} --seed 1`);
    const slow = repository.report.rows.find((row) => row.case === cases[0])!;
    expect(slow.timing!.processes.filter(({ outcome }) => outcome === 'slower')).toHaveLength(3);
    expect(slow.timing!.head.low).toBeGreaterThan(1.15);
  });

  it('passes what became faster, and says so', async () => {
    const repository = changed({ work: 2 }, {});
    const { status, stdout } = await repository.gate(['--base', 'main', '--case', cases[0]]);
    expect(status).toBe(0);
    expect(repository.report.rows[0]).toMatchObject({ verdict: 'pass', improved: true });
    expect(stdout).toContain('1 pass, 1 faster');
  });

  it('fails what became wrong, before anything is timed', async () => {
    const repository = changed({}, { added: '(shape.n === 4 ? 0.01 : 0)' });
    const { status, stderr } = await repository.gate(['--base', 'main']);
    expect(status).toBe(1);
    expect(verdicts(repository)).toMatchObject({ [cases[0]]: 'fail' });
    const wrong = repository.report.rows.find((row) => row.case === cases[0])!;
    expect(wrong.reason).toMatch(/^passed on base, on head failed: y: \d+ of \d+ elements outside tolerance/);
    expect(wrong).not.toHaveProperty('timing');
    expect(stderr).toContain('normgauge verify');
  });

  it('fails a head that throws only when it is called often', async () => {
    const repository = changed({}, { before: "if (calls > 60) throw new Error('worn out');" });
    expect((await repository.gate(['--base', 'main', '--case', cases[0]])).status).toBe(1);
    expect(repository.report.rows[0]).toMatchObject({ verdict: 'fail', reason: 'head: threw when timed: worn out' });
  });

  it('leaves out what neither side supports, and is no pass when that is all', async () => {
    const only = { supported: "shape.n === 4 || 'does four only'" };
    const repository = changed(only, only);
    expect((await repository.gate(['--base', 'main'])).status).toBe(0);
    expect(repository.report).toMatchObject({ leftOut: { tried: 1 }, rows: [{ case: cases[0], verdict: 'pass' }] });
    const { status, stdout } = await repository.gate(['--base', 'main', '--case', cases[1]]);
    expect(stdout).toContain('gate: not-run: neither side supports any of the cases');
    expect(status).toBe(4);
  });

  it('fails a case that head no longer supports, and does not pass one that base did not', async () => {
    const fewer = { supported: "shape.n === 4 || 'does four only'" };
    const lost = changed({}, fewer);
    expect((await lost.gate(['--base', 'main', '--case', cases[1]])).status).toBe(1);
    expect(lost.report.rows[0]!.reason).toBe('passed on base, on head skipped: does four only');
    const gained = changed(fewer, {});
    expect((await gained.gate(['--base', 'main'])).status).toBe(4);
    expect(verdicts(gained)).toEqual({ [cases[0]]: 'pass', [cases[1]]: 'not-run' });
    expect(gained.report.verdict).toBe('not-run');
  });

  it('compares two commits, both built from what was committed, whatever lies in the work tree', async () => {
    const repository = changed({}, { work: 2 });
    rmSync(join(repository.folder, 'dist'), { recursive: true });
    repository.write({ 'src/kernel.mjs': 'this is no kernel', 'dist/kernel.mjs': 'nor is this' });
    const { status, stderr } = await repository.gate(['--base', 'main', '--head', 'change', '--case', cases[0]]);
    expect(stderr).toContain('fail: slower than base');
    expect(status).toBe(1);
    expect(repository.report.head).toMatchObject({ kind: 'commit', identity: repository.git('rev-parse', 'change') });
  });

  it('takes a built directory for base, with or without git', async () => {
    const repository = new Repository();
    repository.commit({});
    const base = join(newFolder(), 'base');
    cpSync(repository.folder, base, { recursive: true });
    rmSync(join(repository.folder, '.git'), { recursive: true });
    expect((await repository.gate(['--base', base, '--case', cases[0]])).status).toBe(0);
    rmSync(join(base, 'dist'), { recursive: true });
    const missing = await repository.gate(['--base', base, '--case', cases[0]]);
    expect(missing.status).toBe(4);
    expect(missing.stdout).toContain(
      `gate: not-run: dist/kernel.mjs: base ${base} has no dist/kernel.mjs; it has to be built already`,
    );
  });

  it('times each side under a Node of its own where flags differ, in turns', async () => {
    const repository = changed({}, {});
    const { status, stderr, stdout } = await repository.gate([
      ...['--base', 'main', '--case', cases[0], '--node-flags=--no-opt --no-sparkplug'],
    ]);
    expect(repository.report.apart).toEqual({
      base: process.version,
      head: `${process.version} --no-opt --no-sparkplug`,
    });
    expect(stdout).toContain(`in processes of their own that took turns, base on Node ${process.version}`);
    expect(repository.report.rows[0]!.verdict).toBe('fail');
    expect(stderr).toContain(`--node-flags='--no-opt --no-sparkplug'`);
    expect(status).toBe(1);
  });

  it('takes a packed tarball for base', async () => {
    const repository = new Repository();
    repository.commit({});
    rmSync(join(repository.folder, '.gitignore'));
    execFileSync('npm', ['pack', '--silent', '--offline'], {
      cwd: repository.folder,
      env: plainEnvironment(),
      shell: process.platform === 'win32',
    });
    const { status, stdout } = await repository.gate(['--base', 'tried-1.0.0.tgz', '--case', cases[0]]);
    expect(stdout).toContain('gate: pass');
    expect(status).toBe(0);
    expect(repository.report.base).toMatchObject({ kind: 'tarball' });
  });

  it('ends what it started when it is stopped in a build or in a kernel', async () => {
    const pidFile = "import { writeFileSync } from 'node:fs'; writeFileSync(PATH, String(process.pid));";
    const building = new Repository();
    const at = (name: string): string => JSON.stringify(join(building.folder, 'dist', name));
    building.commit({}, { 'build.mjs': `${pidFile.replace('PATH', at('build'))} setInterval(() => {}, 1000);` });
    building.write({ 'dist/kernel.mjs': '' });
    expect(await building.stopped('SIGINT', 'dist/build', ['--base', 'main'])).toBe(130);
    await vi.waitFor(() =>
      expect(isRunning(Number(readFileSync(join(building.folder, 'dist/build'), 'utf8')))).toBe(false),
    );
    expect(building.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
    const racing = new Repository();
    const seen = JSON.stringify(join(racing.folder, 'dist', 'pid'));
    racing.commit({
      top: "import { writeFileSync } from 'node:fs';",
      before: `if (calls === 50) writeFileSync(${seen}, String(process.pid)); while (calls >= 50) {}`,
    });
    expect(await racing.stopped('SIGTERM', 'dist/pid', ['--base', 'main', '--case', cases[0]])).toBe(130);
    await vi.waitFor(() =>
      expect(isRunning(Number(readFileSync(join(racing.folder, 'dist/pid'), 'utf8')))).toBe(false),
    );
  });
});

describe.concurrent('the gate says in one sentence', () => {
  const sentence = (stderr: string): string => stderr.trim();

  it('that a ref does not exist', async () => {
    const { status, stderr } = await changed({}, {}).gate(['--base', 'v9.9.9']);
    expect(sentence(stderr)).toMatch(/^normgauge: --base v9\.9\.9: there is no such commit, branch or tag here; .*$/);
    expect(status).toBe(2);
  });

  it('that there is no git work tree', async () => {
    const repository = changed({}, {});
    rmSync(join(repository.folder, '.git'), { recursive: true });
    const { status, stderr } = await repository.gate(['--base', 'main']);
    expect(sentence(stderr)).toMatch(/^normgauge: --base main: expected a directory, .* in no git work tree$/);
    expect(status).toBe(2);
  });

  it('that there is no git', async () => {
    // Node and nothing else.
    const { status, stderr } = await changed({}, {}).gate(['--base', 'main'], { PATH: newFolder(), Path: newFolder() });
    expect(sentence(stderr)).toMatch(/^normgauge: gate: not-run: there is no git on this machine: .*$/);
    expect(status).toBe(4);
  });

  it('that the work tree has changes, unless that is allowed', async () => {
    const repository = changed({}, {});
    repository.write({ 'src/kernel.mjs': 'changed' });
    const { status, stderr } = await repository.gate(['--base', 'main']);
    expect(sentence(stderr)).toMatch(
      /^normgauge: the work tree has changes that are in no commit \(src\/kernel\.mjs\), .* --allow-dirty$/,
    );
    expect(status).toBe(2);
    expect((await repository.gate(['--base', 'main', '--allow-dirty', '--case', cases[0]])).status).toBe(0);
  });

  it('that base does not build, and why', async () => {
    const repository = new Repository();
    repository.commit({}, { 'build.mjs': "throw new Error('the compiler is on strike');" });
    repository.git('checkout', '--quiet', '-b', 'change');
    repository.write({ 'dist/kernel.mjs': '' });
    const { status, stdout } = await repository.gate(['--base', 'main']);
    expect(stdout).toMatch(
      /gate: not-run: dist\/kernel\.mjs: base [0-9a-f]{12}: it does not build: .*the compiler is on strike.* \(all of it: .*\.log\)/,
    );
    expect(status).toBe(4);
    expect(repository.git('worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
    expect(repository.report).toMatchObject({ verdict: 'not-run', rows: [] });
  });

  it('that its dependencies cannot be installed', async () => {
    const repository = new Repository();
    const wants = { name: 'tried', version: '1.0.0', type: 'module', dependencies: { 'a-package': '1.0.0' } };
    repository.commit({}, { 'package.json': JSON.stringify(wants) });
    const { status, stdout } = await repository.gate(['--base', 'main']);
    expect(stdout).toMatch(/gate: not-run: .* its dependencies cannot be installed: /);
    expect(status).toBe(4);
  });

  it('that base has no such module', async () => {
    const repository = new Repository();
    repository.write({ 'build.mjs': '' });
    repository.git('add', '--all');
    repository.git('commit', '--quiet', '--message', 'No kernel yet');
    repository.git('checkout', '--quiet', '-b', 'change');
    repository.commit({}, { 'build.mjs': '' });
    repository.write({ 'dist/kernel.mjs': readFileSync(join(repository.folder, 'src/kernel.mjs'), 'utf8') });
    const { status, stdout } = await repository.gate(['--base', 'main']);
    expect(stdout).toMatch(/gate: not-run: dist\/kernel\.mjs: base main \([0-9a-f]{12}\) has no dist\/kernel\.mjs; /);
    expect(status).toBe(4);
  });

  it('that base cannot be opened', async () => {
    const { status, stdout } = await changed({ top: "throw new Error('too old for this Node');" }, {}).gate([
      '--base',
      'main',
    ]);
    expect(stdout).toMatch(/gate: not-run: dist\/kernel\.mjs: on base: .*too old for this Node/);
    expect(status).toBe(4);
  });

  it.each([
    [['--node', './nothing'], '--node: ./nothing does not run'],
    [['--node', '/bin/false'], '--node: /bin/false does not run'],
    [['--base-node', '/bin/echo'], '--base-node: expected a Node, got a program that says its version is'],
    [['--node-flags=--no-such-flag'], '--node-flags: '],
    [['--base-node-flags=no-opt'], '--base-node-flags: expected flags of Node, each beginning with -, got "no-opt"'],
  ])('that %j cannot be used', async (given, message) => {
    const { status, stderr } = await changed({}, {}).gate(['--base', 'main', ...given]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });

  it('what is wrong with the margins', async () => {
    const repository = changed({}, {});
    repository.write({ 'other.json': '{' });
    const { status, stderr } = await repository.gate(['--base', 'main', '--margins', 'other.json']);
    expect(sentence(stderr)).toMatch(/^normgauge: other\.json: expected JSON, .*$/);
    expect(status).toBe(2);
  });
});
