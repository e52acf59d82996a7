import { describeDiagnosis } from '../diagnosis.ts';
import { type Evidence, type Failure, whyOf } from '../findings.ts';
import { count, exact, plural, short } from '../numbers.ts';
import { plainText } from '../plainText.ts';
import type { Float } from '../report.ts';
import { lookOf } from '../statuses.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, command, fold, name, section, statusBadge, statusClass, wideTable } from './pieces.ts';

/** Failures with all their particulars; later ones have a line each, so that thousands stay readable. */
const inFull = 1500;
/** Failures open at once; the others are one click away. */
const atOnce = 16;

const value = (x: Float | undefined): string => (x === undefined ? '' : exact(x));

function whereText({ of, at, message, mismatches }: Partial<Evidence>): Markup {
  return html`<td>${of}${mismatches && html`<br><span class="note">${count(mismatches.outside)} of ${count(mismatches.checked)} outside</span>`}<td>${at}${message}`;
}

function failureRows({ result, evidence = { of: '' } }: Failure, anchor: string): Markup {
  const { status, backend, catches, diagnosis, reproduce } = result;
  const { got, expected, ratio } = evidence;
  const why = whyOf(result);
  return html`<tbody id="${anchor}"><tr><th scope="row">${statusBadge(status)} ${name(backend)}<br><code>${result.case}</code>${whereText(evidence)}<td class="n">${value(got)}<td class="n">${value(expected)}<td class="n over">${ratio === undefined ? '' : `${short(ratio)}×`}<tr><td colspan="6"><div class="stay">${why !== undefined && html`<p>${plainText(why)}</p>`}${diagnosis && html`<p>Diagnosis: ${plainText(describeDiagnosis(diagnosis))}</p>`}<p class="note">Catches: ${catches}</p>${command(reproduce)}</div></tbody>
`;
}

function failureTable(title: string, failures: readonly Failure[], model: PageModel): Markup {
  return wideTable(
    title,
    columns('status, backend and case', 'what', 'where', '|got', '|expected', '|error ÷ allowed'),
    failures.map((failure) => failureRows(failure, model.failureAnchor.get(failure.result)!)),
    'failures',
  );
}

function failureLine({ result }: Failure, anchor: string): Markup {
  const { status, backend } = result;
  return html`<li id="${anchor}"><span class="${statusClass(status)}">${lookOf(status).sign} ${status}</span> ${name(backend)} <code>${result.case}</code> ${plainText(whyOf(result) ?? '', 120)}
`;
}

function failureList(model: PageModel): Markup {
  const { failures, failureAnchor } = model;
  if (failures.length === 0) return html`<p>Nothing that was attempted failed.</p>`;
  const folded = failures.slice(atOnce, inFull);
  const lines = failures.slice(inFull);
  return html`${failureTable(`${plural(failures.length, 'case')} not green${failures.length > atOnce ? `, the first ${atOnce}` : ''}`, failures.slice(0, atOnce), model)}${
    folded.length > 0 &&
    fold(`${count(folded.length)} more`, failureTable('More cases that are not green', folded, model))
  }${
    lines.length > 0 &&
    fold(
      `${count(lines.length)} more, one line each; report.json has the particulars`,
      html`<ul class="lines">${lines.map((failure) => failureLine(failure, failureAnchor.get(failure.result)!))}</ul>`,
    )
  }`;
}

/** Everything that was attempted and is not green, gravest first, each with the numbers and the command that repeats it. */
export function failureSection(model: PageModel): Markup {
  return section(
    'failures',
    'What did not pass',
    model.failures.length > 0 && 'The worst element of each: got is the kernel’s, expected is the float64 reference’s.',
    failureList(model),
  );
}

/** What did not run, by reason, with the cases it concerns. */
export function skippedSection({ skipped }: PageModel): Markup {
  const rows = skipped.map(
    ({ backend, reason, results }) =>
      html`<tr><th scope="row">${name(backend)}<td>${plainText(reason)}<td class="n">${results.length === 0 ? 'all' : count(results.length)}<td>${
        results[0] &&
        fold('cases', html`${command(results[0].reproduce)}<pre>${results.map((result) => `${result.case}\n`)}</pre>`)
      }
`,
  );
  const body =
    skipped.length === 0
      ? html`<p>Nothing was skipped: every case of the selection was attempted on every backend.</p>`
      : wideTable(
          'Skipped, by reason',
          columns('backend', 'reason', '|cases', 'which'),
          html`<tbody>${rows}</tbody>`,
          'skips',
        );
  return section('skipped', 'What did not run', null, body);
}
