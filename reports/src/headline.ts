import { count, duration, plural } from './numbers.ts';
import { plainText } from './plainText.ts';
import type { Report, Status } from './report.ts';
import { type Summary, unprovedOf, wrongOf } from './summary.ts';

/** What counts against a backend. */
const grave: readonly Status[] = ['failed', 'crashed', 'timed-out'];
/** What proves nothing, for or against. */
const weak: readonly Status[] = ['untrusted', 'invalid', 'skipped'];

/** The answer to "is it right?" in one sentence. */
export function headline(summary: Summary, { interrupted }: Report): string {
  const { verdict, counts, cases, backends } = summary;
  const ran = backends.filter((backend) => backend.cases > backend.counts.skipped);
  if (verdict === 'wrong') {
    const wrong = ran.filter((backend) => wrongOf(backend) > 0);
    const what = grave.filter((status) => counts[status] > 0).map((status) => `${count(counts[status])} ${status}`);
    return `${wrong.length} of ${plural(ran.length, 'backend')} ${wrong.length === 1 ? 'is' : 'are'} wrong: ${what.join(', ')} of ${plural(cases, 'case')}.`;
  }
  if (verdict === 'right') {
    const others = weak.filter((status) => counts[status] > 0).map((status) => `, ${count(counts[status])} ${status}`);
    if (summary.excused > 0) others.push(`, ${plural(summary.excused, 'known failure')} excused`);
    const who = ran.length === 1 ? 'The backend that ran is' : `All ${ran.length} backends that ran are`;
    return `${who} right: ${plural(counts.passed, 'case')} passed${others.join('')}.`;
  }
  if (counts.passed === 0) return 'Nothing is proved: no case passed.';
  if (interrupted) return 'Not decided: the run was stopped before its end; nothing that ran is wrong.';
  const unproved = ran.flatMap((backend) =>
    unprovedOf(backend).map(({ op }) => `${plainText(op, 40)} on ${plainText(backend.entry.id, 40)}`),
  );
  return `Not decided: no case proves ${unproved[0]}${unproved.length > 1 ? ` and ${unproved.length - 1} more` : ''}.`;
}

/** What was run, when and for how long, in the order in which one asks. */
export function provenance({ tool, selection, startedAt }: Report): string {
  const { command, suite, seed, budget } = selection;
  const given = budget === undefined ? '' : ` · budget ${duration(budget)}`;
  return `normgauge ${tool.version} · ${command} · suite ${suite} · seed ${seed}${given} · ${startedAt}`;
}
