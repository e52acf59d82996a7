import { percent, shapeText, short } from './numbers.ts';
import type { Report, Result } from './report.ts';
import { countsOf } from './summary.ts';
import type { SummaryTable } from './summaryTable.ts';
import { uncertaintyOf, uncertaintyOfRatio, uncertaintyText } from './uncertainty.ts';

/** What tells one case from another: op, layout and shape, and of data and convention what is not the same in all. */
function namesOf(results: readonly Result[]): (result: Result) => string {
  const varies = (field: 'fill' | 'convention'): boolean => new Set(results.map((result) => result[field])).size > 1;
  const [fills, conventions] = [varies('fill'), varies('convention')];
  return ({ op, layout, shape, fill, convention, dtype }) =>
    [
      ...[op, layout, shapeText(shape), ...(fills ? [fill] : []), ...(conventions ? [convention] : [])],
      ...(dtype === undefined ? [] : [dtype]),
    ].join(' ');
}

/** Every timed case of a report, in its order, for a terminal. */
export function timesTable({ results }: Report): SummaryTable {
  const timed = results.filter(({ timing }) => timing !== undefined);
  const software = timed.some(({ timing }) => timing!.software);
  const placed = timed.some(({ timing }) => timing!.timesCopyInterval !== undefined);
  const nameOf = namesOf(timed);
  return {
    columns: [
      { title: 'case', align: 'left', spare: 0 },
      { title: 'backend', align: 'left', spare: 0 },
      { title: 'ms', align: 'right', spare: 3 },
      { title: '±', align: 'right', spare: 1 },
      { title: 'ns/element', align: 'right', spare: 0 },
      { title: 'GB/s', align: 'right', spare: 0 },
      { title: '× copy', align: 'right', spare: 0 },
      ...(placed ? [{ title: '± copies', align: 'right', spare: 1 } as const] : []),
      { title: 'of roof', align: 'right', spare: 2 },
    ],
    rows: timed.map((result) => {
      const { resident, nsPerElement, gigabytesPerSecond, timesCopy, ofRoof, software: emulated } = result.timing!;
      return {
        cells: [
          nameOf(result),
          `${result.backend}${emulated ? ' *' : ''}`,
          short(resident.median),
          uncertaintyText(uncertaintyOf(resident)),
          short(nsPerElement),
          short(gigabytesPerSecond),
          short(timesCopy),
          ...(placed ? [uncertaintyText(uncertaintyOfRatio(result.timing!))] : []),
          emulated ? '–' : percent(ofRoof),
        ],
        counts: countsOf([]),
      };
    }),
    legend: [
      { title: 'GB/s', meaning: 'the least that the op has to move ÷ the median' },
      {
        title: 'of roof',
        meaning: `the time that this takes at the speed of the copy ÷ the median${software ? '; * a software adapter: compare with nothing' : ''}`,
      },
    ],
  };
}
