import { configDefaults, defineConfig } from 'vitest/config';

// The kernel is loaded in a process of its own, so Vitest cannot see that the tests depend on it.
export default defineConfig({ test: { forceRerunTriggers: [...configDefaults.forceRerunTriggers, '**/src/**'] } });
