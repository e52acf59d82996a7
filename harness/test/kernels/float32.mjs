import { fromFunctions, stridesOf } from '@normgauge/contract';

/** Inference in the plainest order, every operation rounded to float32: as good as float32 gets without care. */
export const openBackend = fromFunctions({
  id: 'float32',
  version: '1.0.0',
  numerics: { reductionDepth: () => 0 },
  supports: ({ layout }) => layout === 'nchw' || 'nchw only',
  inference: ({ x, gamma, beta, runningMean, runningVar }, { shape, layout, convention }) => {
    const { channelStride } = stridesOf(shape, layout);
    const y = x.map((value, i) => {
      const c = Math.floor(i / channelStride) % shape.c;
      const std = Math.fround(Math.sqrt(Math.fround(runningVar[c] + Math.fround(convention.eps))));
      const xHat = Math.fround(Math.fround(value - runningMean[c]) * Math.fround(1 / std));
      return Math.fround(Math.fround(xHat * (gamma?.[c] ?? 1)) + (beta?.[c] ?? 0));
    });
    return { y };
  },
});
