import { fromFunctions } from '@normgauge/contract';

/** A plausible mistake: eps is added to the standard deviation instead of to the variance. `verify` fails it. */
export const openBackend = fromFunctions({
  id: 'wrong',
  supports: ({ layout }) => layout === 'nchw' || 'does nchw only',
  inference({ x, gamma, beta, runningMean, runningVar }, { shape, convention }) {
    const positions = x.length / (shape.n * shape.c);
    const y = x.map((value, i) => {
      const c = Math.floor(i / positions) % shape.c;
      const xHat = (value - runningMean[c]) / (Math.sqrt(runningVar[c]) + convention.eps);
      return (gamma?.[c] ?? 1) * xHat + (beta?.[c] ?? 0);
    });
    return { y };
  },
});
