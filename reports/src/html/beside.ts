import { type BesidePair, besideTable } from '../beside.ts';
import { percent, plural, shapeText, short } from '../numbers.ts';
import type { Beside, BesideResult } from '../report.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, name, section, wideTable } from './pieces.ts';

/** Half the interval of their median as a share of it. */
const uncertainty = ({ run: { median, low, high } }: BesideResult): string =>
  `±${percent(Math.max(median - low, high - median) / median)}`;

function row({
  result,
  theirs,
  ours,
  byDevice,
  timesCopy,
  theirNsPerElement,
  theirTimesCopy,
  ratio,
}: BesidePair): Markup {
  const { op, layout, shape, backend, timing } = result;
  const cells = [
    short(ours),
    short(timing.nsPerElement),
    short(timesCopy),
    short(theirNsPerElement),
    uncertainty(theirs),
    short(theirTimesCopy),
    ratio === undefined ? '–' : short(ratio),
  ].map((text) => html`<td class="n">${text}`);
  return html`<tr data-op="${op}"><th scope="row">${op} ${layout} ${shapeText(shape)}<th scope="row">${name(backend)}${timing.software && ' *'}${cells}<td>${byDevice ? 'device' : 'completion'}<td>${theirs.launched}
`;
}

function table(pairs: readonly BesidePair[], beside: Beside): Markup {
  return wideTable(
    `Nanoseconds per element, here and in ${beside.name}`,
    columns(
      'case',
      'backend',
      '|ns/element',
      '|to completion',
      '|× copy',
      `|${beside.name} ns/element`,
      '|±',
      '|× copy',
      '|ratio',
      'our clock',
      'launched there',
    ),
    html`<tbody>${pairs.map(row)}</tbody>`,
  );
}

/** Another program on the same GPU beside ours, where its times were handed in; nothing else of the page depends on it. */
export function besideSection({ report }: PageModel, beside: Beside): Markup {
  const { pairs, incomparable } = besideTable(report, beside);
  const versions = Object.entries(beside.versions).map(([what, version]) => `${what} ${version}`);
  const better = pairs.filter(({ ratio }) => ratio !== undefined && ratio < 1).length;
  const compared = pairs.filter(({ ratio }) => ratio !== undefined).length;
  return section(
    'beside',
    `Beside ${beside.name}`,
    html`The same op, layout and shape in ${name(beside.name)} on ${name(beside.device)}, by the clock of the device: ${versions.join(', ')}, ${beside.startedAt}. “ratio” is our time ÷ theirs, below 1 where ours is the shorter; by the clock of our device where it has one, else until the work was known to be done. × copy is each one’s own copy in its own run. Two processes are compared here: a ratio near 1 says nothing.`,
    pairs.length === 0
      ? html`<p>No case was timed by both.</p>`
      : html`${incomparable !== undefined && html`<p><strong>${incomparable}</strong></p>`}${compared > 0 && html`<p>${better} of ${plural(compared, 'case')} took less time here.</p>`}${table(pairs, beside)}`,
  );
}
