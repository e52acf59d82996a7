import { compareRatios, fromFloat } from '../float.ts';
import { plural } from '../numbers.ts';
import type { Float, Grade } from '../report.ts';
import { gradeMeanings, worseGrade } from '../statuses.ts';
import { groupBy } from '../summary.ts';
import { drawHeadroom, type HeadroomRow } from './charts.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { chartLegend, columns, fold, gradeMark, headroomText, name, section, wideTable } from './pieces.ts';

interface Worst {
  readonly ratio: Float;
  readonly case: string;
}

/** All agreements of one op, backend and tensor. */
interface TensorGroup {
  readonly backend: string;
  readonly tensor: string;
  readonly ratios: readonly number[];
  readonly worst: Worst;
  readonly grade: Grade | undefined;
  readonly sampled: number;
}

function groupsOf(op: string, { report, summary }: PageModel): readonly TensorGroup[] {
  const found = report.results
    .filter((result) => result.op === op)
    .flatMap((result) => result.tensors.map((tensor) => ({ result, tensor })));
  const order = new Map(summary.backends.map(({ entry }, i) => [entry.id, i]));
  return [...groupBy(found, ({ tensor }) => tensor.name)].flatMap(([tensor, ofTensor]) =>
    [...groupBy(ofTensor, ({ result }) => result.backend)]
      .sort(([a], [b]) => order.get(a)! - order.get(b)!)
      .map(([backend, group]): TensorGroup => {
        const worst = group.reduce((a, b) => (compareRatios(b.tensor.headroom, a.tensor.headroom) > 0 ? b : a));
        return {
          backend,
          tensor,
          ratios: group.map((one) => fromFloat(one.tensor.headroom)),
          worst: { ratio: worst.tensor.headroom, case: worst.result.case },
          grade: group.map((one) => one.tensor.grade).reduce<Grade | undefined>(worseGrade, undefined),
          sampled: group.filter((one) => one.tensor.checked < one.tensor.elements).length,
        };
      }),
  );
}

function figure(op: string, groups: readonly TensorGroup[], { series }: PageModel): Markup {
  const rows = groups.map(
    ({ backend, tensor, ratios }): HeadroomRow => ({ backend, tensor, ratios, series: series.get(backend)! }),
  );
  return html`<figure data-op="${op}"><figcaption>${op}</figcaption>${drawHeadroom(`${op}: share of the allowed error used, by tensor and backend; the table below has the largest`, rows)}</figure>
`;
}

function table(op: string, groups: readonly TensorGroup[]): Markup {
  const rows = groups.map(
    ({ backend, tensor, ratios, worst, grade, sampled }) =>
      html`<tr><th scope="row">${tensor}<td>${name(backend)}<td class="n">${headroomText(worst.ratio)}<td>${gradeMark(grade)}<td class="n">${ratios.length}<td class="n">${sampled}<td><code>${worst.case}</code>
`,
  );
  return fold(
    `${op}: largest headroom used by each tensor`,
    wideTable(
      `${op}: headroom by tensor`,
      columns(
        'tensor',
        'backend',
        '|largest headroom used',
        'worst grade',
        '|cases',
        '|of them sampled',
        'in the case',
      ),
      html`<tbody>${rows}</tbody>`,
    ),
    false,
    op,
  );
}

/** How far the outputs are from the float64 reference, as a share of what is allowed. */
export function headroomSection(model: PageModel): Markup {
  const byOp = model.summary.ops
    .map((op) => ({ op, groups: groupsOf(op, model) }))
    .filter(({ groups }) => groups.length > 0);
  const shown = new Set(byOp.flatMap(({ groups }) => groups.map(({ backend }) => backend)));
  const grades = [...gradeMeanings].map(([grade, meaning]) => `${grade} ${meaning}`).join(', ');
  const body =
    byOp.length === 0
      ? html`<p>No output was compared.</p>`
      : html`${chartLegend([...model.series].filter(([id]) => shown.has(id)))}<div class="figures">${byOp.map(({ op, groups }) => figure(op, groups, model))}</div>
${byOp.map(({ op, groups }) => table(op, groups))}`;
  return section(
    'headroom',
    'Error and headroom',
    html`A dot is a case: its largest error as a share of what the data allow; the large one is the worst. Left is better; at and beyond the red line is wrong. Grades: ${grades}.`,
    html`${largest(model)}${body}`,
  );
}

/** The case that came nearest to its limit, or went furthest beyond it, so that nobody has to look for it. */
function largest({ summary }: PageModel): Markup | false {
  const [first, ...others] = summary.backends.flatMap(({ entry, worst }) => (worst ? [{ entry, worst }] : []));
  if (!first) return false;
  const { entry, worst } = others.reduce((a, b) => (compareRatios(b.worst.ratio, a.worst.ratio) > 0 ? b : a), first);
  return html`<p>Largest error: ${name(entry.id)} on <code>${worst.case}</code>, in ${worst.tensor}: ${headroomText(worst.ratio)} of what is allowed.</p>`;
}

/** Side effects and protocol: how often each rule was kept. */
export function protocolSection({ report, summary }: PageModel): Markup {
  const checks = report.results.flatMap(({ backend, checks }) => checks.map((check) => ({ backend, check })));
  const backends = summary.backends.filter(({ entry }) => checks.some(({ backend }) => backend === entry.id));
  const rows = [...groupBy(checks, ({ check }) => check.name)].map(([rule, ofRule]) => {
    const byBackend = groupBy(ofRule, ({ backend }) => backend);
    return html`<tr><th scope="row">${rule}${backends.map(({ entry }) => {
      const made = byBackend.get(entry.id) ?? [];
      const kept = made.filter(({ check }) => check.passed).length;
      if (made.length === 0) return html`<td><span class="none">not checked</span>`;
      return kept === made.length
        ? html`<td class="s-p">✓ ${kept}`
        : html`<td class="s-f">✗ broken in ${made.length - kept} of ${made.length}`;
    })}
`;
  });
  const body =
    rows.length === 0
      ? html`<p>No rule was checked.</p>`
      : wideTable(
          'Rules kept, by backend',
          html`${columns('rule')}${backends.map(({ entry }) => html`<th scope="col">${name(entry.id)}</th>`)}`,
          html`<tbody>${rows}</tbody>`,
        );
  return section(
    'protocol',
    'Side effects and protocol',
    `${plural(checks.length, 'check')} besides the numbers.`,
    body,
  );
}
