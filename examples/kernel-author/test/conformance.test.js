import { describeConformance } from 'normgauge/vitest';

// One test a case. `smoke` takes seconds; leave `suite` out for `standard`, the one for CI.
describeConformance({ module: new URL('../src/kernel.mjs', import.meta.url), suite: 'smoke' });
