import { percent, plural, samplesText, shapeText, short } from '../numbers.ts';
import type { DeviceTiming, Distribution, Result } from '../report.ts';
import { groupBy } from '../summary.ts';
import { uncertaintyOf, uncertaintyOfRatio, uncertaintyText } from '../uncertainty.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, fold, name, section, wideTable } from './pieces.ts';

/** An op with more rows than this is folded at first. */
const openRows = 24;

/** Width of a strip, in pixels, as the style sheet has it; it reaches from half the median to one and a half of it. */
const stripWidth = 60;

/** Smallest sample to third quartile as a line, the interval of the median as a box, the median in the middle of it all. */
function strip({ median, min, p75, interval }: Distribution): Markup {
  const at = (value: number): number =>
    Math.round(10 * stripWidth * Math.min(1, Math.max(0, value / median - 0.5))) / 10;
  const box = interval && html`<path d="M${at(interval.low)} 3H${at(interval.high)}V11H${at(interval.low)}z"/>`;
  return html`<svg class="strip" aria-hidden="true"><path d="M${at(min)} 7H${at(p75)}"/>${box}<path d="M${stripWidth / 2} 1v12"/></svg>`;
}

/** What the clock of the device says, for a table in which some row has such a clock. */
function deviceCells(device: DeviceTiming | undefined): readonly string[] {
  if (device === undefined) return ['–', '–', '–'];
  const { nsPerElement, timesCopy, samples, callsPerSample, quantum } = device;
  const step = quantum > 0 ? `${short(quantum)} ns` : 'not seen';
  return [short(nsPerElement), short(timesCopy), `${samples} × ${callsPerSample}, step ${step}`];
}

/** Columns that are there where some row has something to say in them. */
interface OptionalColumns {
  /** Uncertainty of × copy. */
  readonly placed: boolean;
  /** The device's own clock. */
  readonly clocked: boolean;
}

function row({ backend, layout, shape, fill, convention, timing }: Result, optional: OptionalColumns): Markup {
  const { resident, endToEnd, nsPerElement, gigabytesPerSecond, timesCopy, ofRoof, copiedBy, software } = timing!;
  const { median, min, p75, mad, preempted, visits } = resident;
  const n = (text: string): Markup => html`<td>${text}`;
  return html`<tr><th scope="row">${layout} ${shapeText(shape)} ${fill} ${convention}<th scope="row">${name(backend)}${software && ' *'}${n(short(median, 4))}${n(uncertaintyText(uncertaintyOf(resident)))}<td>${median > 0 && strip(resident)}${[
    short(min, 4),
    short(p75, 4),
    short(mad, 2),
    visits === undefined ? samplesText(resident) : `${samplesText(resident)} in ${plural(visits, 'place')}`,
    percent(preempted),
    short(nsPerElement),
    short(timesCopy),
    ...(optional.placed ? [uncertaintyText(uncertaintyOfRatio(timing!))] : []),
    software ? '–' : percent(ofRoof),
    short(gigabytesPerSecond),
    short(endToEnd.median, 4),
    ...(optional.clocked ? deviceCells(timing!.device) : []),
  ].map(n)}<td>${copiedBy}
`;
}

function table(op: string, results: readonly Result[]): Markup {
  const clocked = results.some(({ timing }) => timing?.device !== undefined);
  const placed = results.some(({ timing }) => timing?.timesCopyInterval !== undefined);
  return wideTable(
    `${op}: milliseconds a call`,
    columns(
      'case',
      'backend',
      '|median',
      '|±',
      'spread',
      '|min',
      '|p75',
      '|MAD',
      '|samples × calls',
      '|preempted',
      '|ns/element',
      '|× copy',
      ...(placed ? ['|± copies'] : []),
      '|of roof',
      '|GB/s',
      '|end to end',
      ...(clocked ? ['|device ns/element', '|device × copy', '|device samples × calls, clock'] : []),
      'copied by',
    ),
    html`<tbody>${results.map((result) => row(result, { placed, clocked }))}</tbody>`,
    'times',
  );
}

/** The row with most to gain, so that nobody has to look for it. */
function furthest(timed: readonly Result[]): Markup | false {
  const comparable = timed.filter(({ timing }) => !timing!.software);
  const [worst] = comparable.toSorted((a, b) => a.timing!.ofRoof - b.timing!.ofRoof);
  return (
    worst !== undefined &&
    html`<p>Furthest from the roof: ${name(worst.backend)} on <code>${worst.case}</code>, ${percent(worst.timing!.ofRoof)} of it.</p>`
  );
}

/** Every time that was taken, the backends of one case next to each other. */
export function timingSection({ report, summary }: PageModel): Markup {
  const timed = report.results.filter(({ timing }) => timing !== undefined);
  const software = timed.some(({ timing }) => timing!.software);
  const clocked = timed.some(({ timing }) => timing!.device !== undefined);
  const traffic = new Map(timed.map(({ op, timing }) => [op, timing!.traffic.formula]));
  const byOp = groupBy(timed, ({ op }) => op);
  const order = new Map(summary.backends.map(({ entry }, i) => [entry.id, i]));
  const tables = [...byOp].map(([op, results]) => {
    const together = [...groupBy(results, (result) => result.case).values()].flatMap((ofCase) =>
      [...ofCase].sort((a, b) => order.get(a.backend)! - order.get(b.backend)!),
    );
    return fold(
      html`${op} <span class="note">${plural(results.length, 'timed case')}; traffic counted as, for example, ${traffic.get(op)}</span>`,
      table(op, together),
      results.length <= openRows,
      op,
    );
  });
  return section(
    'timing',
    'Times',
    html`Median of <em>run</em> alone with the inputs resident; “±” is half of the interval in which it lies (95 %); min, third quartile and median absolute deviation beside it, and the share of samples in which the process was taken off its core. “× copy” is the median ÷ the time of copying x, measured in turns with it, and “± copies” half of its interval, where several places in memory were tried; “of roof” is the time that the least traffic takes at the speed of that copy ÷ the median. “spread” reaches from half the median to one and a half of it: the line from the minimum to the third quartile, the box over the interval.${clocked && ' “device” is the same by the device’s own clock, many calls between two timestamps, without what it costs to give it work; × copy is then its copy by that clock.'}${software && html` <strong>* a software adapter: compare with nothing.</strong>`}`,
    timed.length === 0 ? html`<p>Nothing was timed.</p>` : html`${furthest(timed)}${tables}`,
  );
}
