import { compareRatios } from '../float.ts';
import { count, exact, short } from '../numbers.ts';
import type { GradientCheck, Result } from '../report.ts';
import { groupBy } from '../summary.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, fold, name, section, wideTable } from './pieces.ts';

type Method = GradientCheck['method'];

const methods: readonly { readonly method: Method; readonly title: string }[] = [
  { method: 'reference', title: 'backward against the reference' },
  { method: 'oracle', title: 'reference against its oracles' },
  { method: 'differences', title: 'own forward, differenced' },
];

/** Cases shown one by one for a backend and op, the worst first; the rest is counted. */
const shownCases = 20;

interface Found {
  readonly result: Result;
  readonly check: GradientCheck;
}

function worstOf(found: readonly Found[]): Found | undefined {
  let worst: Found | undefined;
  for (const one of found) if (!worst || compareRatios(one.check.ratio, worst.check.ratio) > 0) worst = one;
  return worst;
}

const ofMethod = (found: readonly Found[], method: Method): readonly Found[] =>
  found.filter(({ check }) => check.method === method);

function summaryCell(found: readonly Found[]): Markup {
  const worst = worstOf(found);
  if (!worst) return html`<td><span class="none">not checked</span>`;
  const passed = found.filter(({ check }) => check.passed).length;
  const all = passed === found.length;
  return html`<td><span class="${all ? 's-p' : 's-f'}">${all ? '✓' : '✗'} ${count(passed)} of ${count(found.length)}</span><br><span class="note">worst ${short(worst.check.ratio)} of the allowed, ${worst.check.of}</span>`;
}

function caseCell(found: readonly Found[]): Markup {
  const worst = worstOf(found);
  if (!worst) return html`<td><span class="none">–</span>`;
  const { of, got, expected, ratio, passed } = worst.check;
  return html`<td class="${passed ? '' : 's-f'}">${passed ? '✓' : '✗'} ${of}: ${short(ratio)}<br><span class="note">got ${exact(got)}, expected ${exact(expected)}</span>`;
}

function caseTable(backend: string, op: string, found: readonly Found[]): Markup {
  const cases = [...groupBy(found, ({ result }) => result).values()].sort((a, b) =>
    compareRatios(worstOf(b)!.check.ratio, worstOf(a)!.check.ratio),
  );
  const rest = cases.length - shownCases;
  const rows = cases.slice(0, shownCases).map(
    (ofCase) =>
      html`<tr><th scope="row"><code>${ofCase[0]!.result.case}</code>${methods.map(({ method }) => caseCell(ofMethod(ofCase, method)))}
`,
  );
  return fold(
    html`${name(backend)} · ${op} <span class="note">${rest > 0 ? `the worst ${shownCases} of ${count(cases.length)} cases` : `${count(cases.length)} cases`}</span>`,
    wideTable(
      `${backend}, ${op}: the worst gradient of each case, three ways`,
      columns('case', ...methods.map(({ title }) => title)),
      html`<tbody>${rows}</tbody>`,
    ),
  );
}

/** Gradients found three ways that share no mistake, side by side. */
export function gradientSection({ report, summary }: PageModel): Markup {
  const all = report.results.flatMap((result) => result.gradients.map((check): Found => ({ result, check })));
  const byBackend = groupBy(all, ({ result }) => result.backend);
  const groups = summary.backends.flatMap(({ entry }) =>
    [...groupBy(byBackend.get(entry.id) ?? [], ({ result }) => result.op)].map(([op, found]) => ({
      backend: entry.id,
      op,
      found,
    })),
  );
  const rows = groups.map(
    ({ backend, op, found }) =>
      html`<tr><th scope="row">${name(backend)}<td>${op}${methods.map(({ method }) => summaryCell(ofMethod(found, method)))}
`,
  );
  const body =
    groups.length === 0
      ? html`<p>No gradient was checked.</p>`
      : html`${wideTable('Gradient checks, three ways', columns('backend', 'op', ...methods.map(({ title }) => title)), html`<tbody>${rows}</tbody>`)}
${fold(
  'The worst cases, one by one',
  groups.map(({ backend, op, found }) => caseTable(backend, op, found)),
)}`;
  return section(
    'gradients',
    'Gradients, three ways',
    'The kernel’s backward against the float64 reference; that reference against complex step or float64 differences; and the kernel’s own forward, differenced along a direction, against its own backward. Ratios are shares of the allowed error.',
    body,
  );
}
