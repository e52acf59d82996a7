import { defineConfig } from 'vitest/config';

/** Where Vitest's own count goes; `.ci/run` reads it. */
const jsonFile = process.env['VITEST_JSON'];

/** One project a package, so that `vitest --project harness` runs one room of the house. */
export default defineConfig({
  test: {
    // One core fewer is Vitest's default; the tests wait for processes of their own half of the time.
    maxWorkers: '100%',
    reporters: jsonFile ? ['default', ['json', { outputFile: jsonFile }]] : ['default'],
    projects: ['contract', 'reference', 'simd-js', 'wasm', 'webgpu', 'peers']
      .map((name) => ({ name, root: `packages/${name}` }))
      .concat([
        { name: 'harness', root: 'harness' },
        { name: 'reports', root: 'reports' },
      ])
      .map(({ name, root }) => ({
        test: {
          name,
          root,
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxConcurrency: 2,
        },
      })),
  },
});
