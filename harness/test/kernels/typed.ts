import { fromFunctions, type OpenBackend } from '@normgauge/contract';

/** The ten lines in TypeScript, as they lie on disk: Node loads them where it strips types, and says so where it does not. */
export const openBackend: OpenBackend = fromFunctions({
  id: 'typed',
  supports: ({ layout }) => layout === 'nchw' || 'does nchw only',
  inference({ x, gamma, beta, runningMean, runningVar }, { shape, convention }) {
    const positions = x.length / (shape.n * shape.c);
    const y = x.map((value, i) => {
      const c = Math.floor(i / positions) % shape.c;
      const xHat = (value - runningMean[c]!) / Math.sqrt(runningVar[c]! + convention.eps);
      return (gamma?.[c] ?? 1) * xHat + (beta?.[c] ?? 0);
    });
    return { y };
  },
});
