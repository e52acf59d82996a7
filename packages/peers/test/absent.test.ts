import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The package as it is installed, in a folder above which no library lies. */
const alone = mkdtempSync(join(tmpdir(), 'peers-alone-'));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

beforeAll(() => {
  cpSync(here('../dist'), join(alone, 'dist'), { recursive: true });
  writeFileSync(join(alone, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(alone, 'node_modules/@normgauge'), { recursive: true });
  symlinkSync(here('../../contract'), join(alone, 'node_modules/@normgauge/contract'), 'junction');
});

afterAll(() => rmSync(alone, { recursive: true, force: true }));

function saidOnOpening(listing: string): string {
  const script = `
    const { ${listing} } = await import('./dist/index.js');
    try {
      await ${listing}.openBackend();
    } catch ({ name, message }) {
      console.log(name + ': ' + message);
    }`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: alone,
    encoding: 'utf8',
  }).stdout.trim();
}

describe('where its library is not installed', () => {
  it.each([
    ['tensorflowCpu', 'tfjs-cpu: @tensorflow/tfjs-core'],
    ['tensorflowWasm', 'tfjs-wasm: @tensorflow/tfjs-core'],
    ['onnxWeb', 'ort-web: onnxruntime-web'],
    ['onnxNode', 'ort-node: onnxruntime-node'],
  ])('%s is unavailable and says what to do', (listing, who) => {
    expect(saidOnOpening(listing)).toBe(
      `BackendUnavailableError: ${who} is not installed: run "npm run peers" in a checkout of normgauge, or "npm install ${who.split(': ').at(-1)}" beside it`,
    );
  });
});
