import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How a kernel of the tests differs from a plain, right one. */
export interface Quirks {
  /** How often the work is done, an expression; 1 when left out. It is all that its time depends on. */
  readonly work?: number | string;
  /** Statements at the top of the module. */
  readonly top?: string;
  /** Statements before each call, which sees `calls`, the number of calls before it. */
  readonly before?: string;
  /** What is added to y; an expression. */
  readonly added?: string;
  /** What `supports` says of a problem that it would otherwise do; an expression. */
  readonly supported?: string;
}

/** Inference in the most obvious way, done once more as often as is said, so that its time is known to be that much longer. */
export function kernelText({ work = 1, top = '', before = '', added = '0', supported = 'true' }: Quirks = {}): string {
  return `import { fromFunctions } from '@normgauge/contract';
${top}
let calls = 0;
export const openBackend = fromFunctions({
  id: 'tried',
  supports: ({ layout, shape }) => (layout === 'nchw' ? ${supported} : 'does nchw only'),
  inference({ x, gamma, beta, runningMean, runningVar }, { shape, convention }) {
    ${before}
    calls++;
    const positions = x.length / (shape.n * shape.c);
    const y = new Float32Array(x.length);
    for (let repeat = 0; repeat < 2 * (${work}); repeat++) {
      for (let i = 0; i < x.length; i++) {
        const c = Math.floor(i / positions) % shape.c;
        const xHat = (x[i] - runningMean[c]) / Math.sqrt(runningVar[c] + convention.eps);
        y[i] = (gamma?.[c] ?? 1) * xHat + (beta?.[c] ?? 0) + ${added};
      }
    }
    return { y };
  },
});
`;
}

/** Writes files into a folder, by their paths in it. */
export function writeFiles(folder: string, files: { readonly [path: string]: string }): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
