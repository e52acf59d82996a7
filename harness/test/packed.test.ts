import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Installed, installPacked, type Manifest, manifestIn } from './packedInstall.ts';
import { fileWith, sampleCase } from './vectorSamples.ts';
import { runNode, runVitest, type VitestRun } from './vitestRun.ts';

/** Milliseconds for a hook that packs, installs or runs a whole Vitest. */
const patience = 300_000;

/*
 * What somebody gets who installs the packages: everything here runs from their tarballs, in a copy of
 * `examples/kernel-author`.
 */

let installed: Installed;

/** The author's kernel with the variance divided by m−1, and a test file for it beside the right one. */
function addWrongKernel({ folder }: Installed): void {
  const right = readFileSync(join(folder, 'src', 'kernel.mjs'), 'utf8');
  const wrong = right
    .replace('Math.sqrt(squares / m +', 'Math.sqrt(squares / (m - 1) +')
    .replace("id: 'kernel-author'", "id: 'wrong'");
  expect(wrong).toContain('squares / (m - 1) +');
  writeFileSync(join(folder, 'src', 'wrong.mjs'), wrong);
  const test = readFileSync(join(folder, 'test', 'conformance.test.js'), 'utf8');
  writeFileSync(join(folder, 'test', 'wrong.test.js'), test.replace('../src/kernel.mjs', '../src/wrong.mjs'));
}

beforeAll(async () => {
  installed = await installPacked();
  addWrongKernel(installed);
}, patience);

const packages = [
  'normgauge',
  ...['contract', 'peers', 'reference', 'reports', 'simd-js', 'wasm', 'webgpu'].map((name) => `@normgauge/${name}`),
];

function manifestOf(name: string): Manifest {
  const manifest = installed.manifests.find((packed) => packed.name === name);
  if (!manifest) throw new Error(`${name} was not packed`);
  return manifest;
}

describe('a packed manifest', () => {
  it('is there for every package, and for no other', () => {
    expect(installed.manifests.map(({ name }) => name).toSorted()).toEqual(packages.toSorted());
  });

  it.each(packages)('names only files that are in the tarball: %s', (name) => {
    const { exports, bin } = manifestOf(name);
    const doors = Object.values(exports).flatMap((door) => (typeof door === 'string' ? [door] : Object.values(door)));
    const missing = [...doors, ...Object.values(bin ?? {})].filter((path) => !existsSync(installed.of(name, path)));
    expect(missing).toEqual([]);
    expect(doors.length).toBeGreaterThan(0);
  });

  it.each(packages)('gives every module its types: %s', (name) => {
    const modules = Object.entries(manifestOf(name).exports).filter(([door]) => !door.endsWith('.json'));
    expect(modules.map(([, door]) => Object.keys(door)[0])).toEqual(modules.map(() => 'types'));
  });

  it.each(packages)('can be published, and asks for its sisters at the same version: %s', (name) => {
    const { version, license, type, engines, dependencies, ...rest } = manifestOf(name);
    expect(rest.private).toBeUndefined();
    expect({ license, type, engines }).toEqual({ license: 'Apache-2.0', type: 'module', engines: { node: '>=20.19' } });
    const sisters = Object.entries(dependencies ?? {}).filter(([other]) => packages.includes(other));
    expect(sisters).toEqual(sisters.map(([other]) => [other, version]));
  });

  it.each(packages)('asks for the versions that are tested here: %s', (name) => {
    const others = Object.entries(manifestOf(name).dependencies ?? {}).filter(([other]) => !packages.includes(other));
    expect(others).toEqual(others.map(([other]) => [other, manifestIn(installed.of(other)).version]));
  });
});

/** Runs the command line of the tarball. */
function normgauge(...args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  const bin = installed.of('normgauge', manifestOf('normgauge').bin!['normgauge']!);
  return runNode(installed.folder, bin, ...args);
}

describe("in a kernel author's repository", () => {
  let run: VitestRun;
  beforeAll(async () => {
    run = await runVitest(installed.folder, installed.of('vitest', 'vitest.mjs'));
  }, patience);

  it('the right kernel passes, and what it does not support is skipped with its own reason', () => {
    const tests = run.tests.filter(({ name }) => name.startsWith('conformance.test.js'));
    const row = (status: string): string[] => tests.filter((test) => test.status === status).map(({ title }) => title);
    expect(row('failed')).toEqual([]);
    for (const op of ['forward-training', 'inference', 'backward']) {
      expect(row('passed').filter((title) => title.startsWith(`${op}/nchw/`))).not.toEqual([]);
    }
    expect(new Set(tests.filter(({ status }) => status !== 'passed').map(({ row }) => row?.reason))).toEqual(
      new Set(['does nchw only', 'adds eps inside the root only', 'has no function backwardFrozen']),
    );
  });

  it('a kernel with m−1 for m fails the cases that show it and no other', () => {
    const tests = run.tests.filter(({ name }) => name.startsWith('wrong.test.js'));
    const failed = tests.filter(({ status }) => status === 'failed').map(({ title }) => title);
    expect(failed.filter((title) => title.startsWith('forward-training/nchw/'))).not.toEqual([]);
    expect(failed.filter((title) => title.startsWith('inference/'))).toEqual([]);
    const passed = tests.filter(({ status }) => status === 'passed').map(({ title }) => title);
    expect(passed.filter((title) => title.startsWith('inference/nchw/'))).not.toEqual([]);
    expect(run.status).toBe(1);
  });

  it('the command that a failure prints shows it again', async () => {
    const { title, message } = run.tests.find(({ status }) => status === 'failed')!;
    const [line, command] = /(✗ wrong · .*)\n +diagnosis: .*\n +reproduce: npx normgauge (.*)/.exec(message)!.slice(1);
    expect(command).toBe(`verify --backend src/wrong.mjs --case ${title} --seed 1`);
    const again = await normgauge(...command!.split(' '));
    expect(again.output).toContain(line);
    expect(again.status).toBe(1);
  });

  it('the command verifies the kernel and backends that came along, writes report and page, and reads them again', async () => {
    const subjects = ['src/kernel.mjs', 'simd-js', 'wasm'].flatMap((backend) => ['--backend', backend]);
    const verified = await normgauge(
      'verify',
      ...subjects,
      '--case',
      'inference/nchw/2x3x5/normal/onnx',
      '--out',
      'out',
    );
    expect(verified.output).toContain('3 cases passed');
    expect(verified.status).toBe(0);
    expect(existsSync(join(installed.folder, 'out', 'index.html'))).toBe(true);
    const read = await normgauge('report', 'out', '--format', 'junit');
    expect(read.output).toMatch(/<testsuites.* tests="3" failures="0"/);
    expect(read.status).toBe(0);
  });

  it('the command replays vectors, which it checks against a schema', async () => {
    const vectors = fileWith(sampleCase({ mode: 'inference', shape: [2, 3, 2], axis: 1 }));
    const { status, output } = await normgauge('vectors', vectors, '--backend', 'src/kernel.mjs');
    expect(output).toMatch(/kernel-author +1 of 1 within our own bound/);
    expect(status).toBe(0);
  });

  it('the types compile under strict NodeNext, and a wrong option does not', async () => {
    writeFileSync(
      join(installed.folder, 'test', 'typed.test.ts'),
      `import { type ConformanceOptions, describeConformance } from 'normgauge/vitest';
import { fromFunctions, type OpenBackend } from '@normgauge/contract';
import { main } from 'normgauge';

const options: ConformanceOptions = {
  module: new URL('../src/kernel.mjs', import.meta.url),
  suite: 'smoke',
  cases: ['inference/**'],
  timeLimit: 5,
};
describeConformance(options);
describeConformance({ module: './src/kernel.mjs' });
// @ts-expect-error a number where a list of addresses belongs
describeConformance({ module: './src/kernel.mjs', cases: 3 });
// @ts-expect-error an option that there is not
describeConformance({ modul: './src/kernel.mjs' });
// @ts-expect-error an object where the place of a module belongs
describeConformance({ module: { openBackend } });

export const openBackend: OpenBackend = fromFunctions({ id: 'typed', inference: ({ x }) => ({ y: x.slice() }) });
export const status: Promise<number> = main([]);
`,
    );
    const compilerOptions = {
      module: 'NodeNext',
      target: 'ES2023',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
    };
    writeFileSync(
      join(installed.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['test/typed.test.ts'] }),
    );
    const ran = await runNode(installed.folder, installed.of('typescript', 'bin', 'tsc'), '-p', '.');
    expect(ran.output).toBe('');
    expect(ran.status).toBe(0);
  });
});
