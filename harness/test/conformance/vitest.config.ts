import { defineConfig } from 'vitest/config';

/** What a project may have set for tests of another kind, and what must not make a wrong kernel green. */
export default defineConfig({
  test: {
    include: ['*.suite.ts'],
    retry: 2,
    testTimeout: 50,
    hookTimeout: 50,
    sequence: { concurrent: true, shuffle: true },
  },
});
