import { createHash } from 'node:crypto';
import type { Report } from '../report.ts';
import { headroomSection, protocolSection } from './agreement.ts';
import { backendSection } from './backends.ts';
import { environmentSection } from './environment.ts';
import { html, type Markup, trusted } from './escape.ts';
import { failureSection, skippedSection } from './failures.ts';
import { gradientSection } from './gradients.ts';
import { caseSection, matrixSection } from './matrix.ts';
import { type PageModel, pageModel } from './model.ts';
import { overview } from './overview.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { sweepSection } from './sweepSection.ts';
import { timingSection } from './timing.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded from anywhere, and nothing runs or styles but what is written below, known by its hash. */
function policy(): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** A needle at its limit, so that a browser asks nobody for an icon. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%231f5fbf'/%3E%3Cpath d='M8 9L12 4' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

interface Part {
  readonly id: string;
  readonly link: (model: PageModel) => string;
  readonly make: (model: PageModel) => Markup;
}

const parts: readonly Part[] = [
  { id: 'backends', link: () => 'Backends', make: backendSection },
  { id: 'failures', link: ({ failures }) => `Not passed (${failures.length})`, make: failureSection },
  { id: 'skipped', link: ({ skipped }) => `Not run (${skipped.length})`, make: skippedSection },
  { id: 'matrix', link: () => 'Conformance', make: matrixSection },
  { id: 'headroom', link: () => 'Error', make: headroomSection },
  { id: 'gradients', link: () => 'Gradients', make: gradientSection },
  { id: 'protocol', link: () => 'Protocol', make: protocolSection },
  { id: 'sweeps', link: () => 'Sweeps', make: sweepSection },
  { id: 'timing', link: () => 'Times', make: timingSection },
  { id: 'cases', link: () => 'Every case', make: caseSection },
  { id: 'environment', link: () => 'Environment', make: environmentSection },
];

/**
 * The report as one HTML page that needs nothing else: no network, no script to be read, light and dark, on paper and by
 * keyboard. A pure function of the report, which is taken to be valid (`validateReport`); all of its text appears as text.
 */
export function renderHtml(report: Report): string {
  const model = pageModel(report);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy())}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>normgauge: ${model.summary.verdict}, ${report.selection.suite}, ${report.startedAt}</title>
<link rel="icon" href="${icon}">
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the findings</a>
${overview(model)}
<nav aria-label="Sections"><ul>${parts.map(({ id, link }) => html`<li><a href="#${id}">${link(model)}</a></li>`)}</ul></nav>
<main id="main">
${parts.map(({ make }) => make(model))}
</main>
<footer class="foot">Written by normgauge ${report.tool.version}. The numbers of this page and more are in report.json beside it.</footer>
<script>${trusted(script)}</script>
</body>
</html>
`.toString();
}
