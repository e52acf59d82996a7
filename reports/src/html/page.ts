import type { Report } from '../report.ts';
import { headroomSection, protocolSection } from './agreement.ts';
import { backendSection } from './backends.ts';
import { besideSection } from './beside.ts';
import { environmentSection } from './environment.ts';
import type { Markup } from './escape.ts';
import { failureSection, skippedSection } from './failures.ts';
import { filterControls, filterScript } from './filters.ts';
import { pageText } from './frame.ts';
import { gradientSection } from './gradients.ts';
import { killTableSection } from './killTable.ts';
import { caseSection, matrixSection } from './matrix.ts';
import { type PageModel, pageModel } from './model.ts';
import { networkSection } from './networks.ts';
import { overview } from './overview.ts';
import { script } from './script.ts';
import { sideBySideSection } from './sideBySide.ts';
import { sweepSection } from './sweepSection.ts';
import { timingSection } from './timing.ts';

interface Part {
  readonly id: string;
  /** Nothing where the page has no such part. */
  readonly link: (model: PageModel) => string | undefined;
  readonly make: (model: PageModel) => Markup | false;
}

const parts: readonly Part[] = [
  { id: 'backends', link: () => 'Backends', make: backendSection },
  { id: 'failures', link: ({ failures }) => `Not passed (${failures.length})`, make: failureSection },
  { id: 'skipped', link: ({ skipped }) => `Not run (${skipped.length})`, make: skippedSection },
  { id: 'matrix', link: () => 'Conformance', make: matrixSection },
  { id: 'headroom', link: () => 'Error', make: headroomSection },
  { id: 'gradients', link: () => 'Gradients', make: gradientSection },
  { id: 'protocol', link: () => 'Protocol', make: protocolSection },
  { id: 'networks', link: () => 'Networks', make: networkSection },
  { id: 'sweeps', link: () => 'Sweeps', make: sweepSection },
  { id: 'side-by-side', link: () => 'Side by side', make: sideBySideSection },
  {
    id: 'beside',
    link: ({ report }) => report.beside && `Beside ${report.beside.name}`,
    make: (model) => model.report.beside !== undefined && besideSection(model, model.report.beside),
  },
  { id: 'timing', link: () => 'Times', make: timingSection },
  { id: 'cases', link: () => 'Every case', make: caseSection },
  { id: 'harness', link: () => 'Harness', make: killTableSection },
  { id: 'environment', link: () => 'Environment', make: environmentSection },
];

/**
 * The report as one HTML page that needs nothing else: no network, no script to be read, light and dark, on paper and by
 * keyboard. A pure function of the report, which is taken to be valid (`validateReport`); all of its text appears as text.
 */
export function renderHtml(report: Report): string {
  const model = pageModel(report);
  return pageText({
    title: `normgauge: ${model.summary.verdict}, ${report.selection.suite}, ${report.startedAt}`,
    header: overview(model),
    links: parts.flatMap(({ id, link }) => {
      const text = link(model);
      return text === undefined ? [] : [{ href: `#${id}`, text }];
    }),
    main: [filterControls(model), ...parts.map(({ make }) => make(model))],
    foot: `Written by normgauge ${report.tool.version}. The numbers of this page and more are in report.json beside it.`,
    script: script + filterScript,
  });
}
