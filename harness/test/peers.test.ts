import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judged } from './commandLine.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../packages/peers/${path}`, import.meta.url));
const expectations = pathOf('expectations.json');

const peers = [
  { backend: 'tfjs-cpu', library: '@tensorflow/tfjs-backend-cpu', passed: 15 },
  { backend: 'tfjs-wasm', library: '@tensorflow/tfjs-backend-wasm', passed: 15 },
  { backend: 'ort-web', library: 'onnxruntime-web', passed: 9 },
  { backend: 'ort-node', library: 'onnxruntime-node', passed: 9 },
].map((peer) => ({ ...peer, installed: existsSync(pathOf(`libraries/node_modules/${peer.library}`)) }));

describe.concurrent('a library that many use', () => {
  for (const { backend, library, passed, installed } of peers) {
    it.skipIf(!installed)(`${backend} passes smoke but for its known failures (needs npm run peers)`, async () => {
      const args = ['--suite', 'smoke', '--backend', backend, '--expectations', expectations];
      const { status, report } = await judged('verify', ...args);
      expect(report.results.filter((result) => result.status === 'passed').length).toBeGreaterThanOrEqual(passed);
      const bad = report.results.filter((result) => !['passed', 'skipped', 'untrusted'].includes(result.status));
      expect(bad.filter(({ excused }) => excused === undefined)).toEqual([]);
      expect(report.backends[0]!.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(status).toBe(0);
    });

    it.skipIf(installed)(`${backend} is skipped with the command that installs it (where it is not)`, async () => {
      const { report } = await judged('verify', '--suite', 'smoke', '--backend', backend);
      expect(report.backends[0]!.unavailable).toMatch(/ is not installed: run "npm run peers"/);
      expect(report.backends[0]!.unavailable).toContain(library.startsWith('@') ? '@tensorflow/tfjs-core' : library);
      expect(report.results.every((result) => result.status === 'skipped')).toBe(true);
    });
  }
});
