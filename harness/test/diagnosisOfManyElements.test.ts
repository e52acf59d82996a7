import { describe, expect, it } from 'vitest';
import { judged, kernel } from './commandLine.ts';

describe('a failure with more elements than a call takes arguments', () => {
  it('is diagnosed like a small one', async () => {
    const address = 'inference/nchw/300000x1/tiny-variance/pytorch';
    const { status, report } = await judged('verify', '--backend', kernel('epsOutside'), '--case', address);
    expect(report.results[0]).toMatchObject({
      status: 'failed',
      diagnosis: { findings: [{ cause: 'eps outside the root' }, {}] },
    });
    expect(status).toBe(1);
  });
});
