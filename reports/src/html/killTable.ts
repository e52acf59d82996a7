import { plural } from '../numbers.ts';
import type { KillTable } from '../report.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, name, section, wideTable } from './pieces.ts';

function verdict({ families, survivors, right, falseAlarms }: KillTable): Markup {
  const wrong = families.reduce((sum, family) => sum + family.wrong, 0);
  const good = survivors.length + falseAlarms.length === 0;
  return html`<p><strong class="${good ? 's-p' : 's-f'}">${good ? '✓' : '✗'} ${wrong - survivors.length} of ${plural(wrong, 'wrong kernel')} failed, ${right - falseAlarms.length} of ${plural(right, 'right one')} passed.</strong></p>`;
}

function names(what: string, ids: readonly string[]): Markup | false {
  return ids.length > 0 && html`<p>${what}: ${ids.map((id, k) => html`${k > 0 && ', '}${name(id)}`)}.</p>`;
}

function familyTable({ families }: KillTable): Markup {
  const rows = families.map(({ family, wrong, killed, by }) => {
    const kinds = by.map(({ check, kernels }) => `${check} ${kernels}`).join(', ');
    return html`<tr><th scope="row">${family}<td class="n">${wrong}<td class="n${killed < wrong && ' over'}">${killed}<td>${kinds}
`;
  });
  return wideTable(
    'Wrong kernels by family, and the kind of check that failed each first',
    columns('family', '|wrong kernels', '|failed', 'first failed by'),
    html`<tbody>${rows}</tbody>`,
    'kills',
  );
}

/** The harness on trial: kernels that are wrong in a known way, which it must fail, and right ones, which it must pass. */
export function killTableSection({ report: { killTable } }: PageModel): Markup {
  return section(
    'harness',
    'Is the harness itself right?',
    'Kernels that are wrong in a known way must be failed, and right ones in many styles must be passed.',
    killTable === undefined
      ? html`<p>Not part of this report. <code>normgauge mutants --json</code> tries it, and <code>--kill-table</code> puts what it prints into a report.</p>`
      : html`${verdict(killTable)}${names('Not failed by any case', killTable.survivors)}${names('Right, and failed', killTable.falseAlarms)}
<p class="note">${plural(killTable.cases, 'case')}, seed ${killTable.seed}.</p>
${familyTable(killTable)}`,
  );
}
