import { type NetworkTotal, networkTotals } from './networks.ts';
import { percent, short } from './numbers.ts';
import type { Network, Report } from './report.ts';
import { countsOf, groupBy } from './summary.ts';
import type { SummaryTable } from './summaryTable.ts';

/** The total in milliseconds, or what it is a sum over where layers are missing. */
export function totalText({ milliseconds, measured, layers }: NetworkTotal): string {
  if (measured === 0) return '–';
  return measured < layers ? `(${short(milliseconds, 4)} of a part)` : short(milliseconds, 4);
}

/** `±1.2 %` of the total, the wider side; a dash where it is not known. */
export function totalError({ milliseconds, error }: NetworkTotal): string {
  return error ? `±${percent(Math.max(error.below, error.above) / milliseconds)}` : '–';
}

/** Σ of the medians ÷ Σ of the copies of the same layers. */
export function totalTimesCopy({ milliseconds, copy, measured }: NetworkTotal): string {
  return measured === 0 ? '–' : short(milliseconds / copy);
}

/** How many of the layers the sums are over: `53 of 53`. */
export function coverageText({ measured, layers }: NetworkTotal): string {
  return `${measured} of ${layers}`;
}

/** The totals as tables for a terminal: one a network, one row a backend and op. */
export function networkTables(report: Report): ReadonlyMap<Network, SummaryTable> {
  const tables = new Map<Network, SummaryTable>();
  for (const [network, totals] of groupBy(networkTotals(report), (total) => total.network)) {
    const inOrder = [...groupBy(totals, ({ backend }) => backend).values()].flat();
    const software = inOrder.some((total) => total.software);
    tables.set(network, {
      columns: [
        { title: 'backend', align: 'left', spare: 0 },
        { title: 'op', align: 'left', spare: 0 },
        { title: 'layers', align: 'right', spare: 0 },
        { title: 'ms a step', align: 'right', spare: 0 },
        { title: '±', align: 'right', spare: 1 },
        { title: '× copy', align: 'right', spare: 0 },
      ],
      rows: inOrder.map((total) => ({
        cells: [
          `${total.backend}${total.software ? ' *' : ''}`,
          total.op,
          coverageText(total),
          totalText(total),
          totalError(total),
          totalTimesCopy(total),
        ],
        counts: countsOf([]),
      })),
      legend: [
        {
          title: 'ms a step',
          meaning: `sum over all layers: median of each shape × how many layers have it; a sum over a part of the layers stands in brackets${software ? '; * a software adapter: compare with nothing' : ''}`,
        },
      ],
    });
  }
  return tables;
}
