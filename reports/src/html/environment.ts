import { machineName } from '../machine.ts';
import { count, duration, gibibytes, plural, short } from '../numbers.ts';
import type { Report } from '../report.ts';
import { type Content, html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, command, name, section, wideTable } from './pieces.ts';

function facts(title: string, pairs: readonly (readonly [string, Content])[]): Markup {
  return html`<div class="card"><h3>${title}</h3><dl>${pairs.map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>`)}</dl></div>
`;
}

/** A word as a POSIX shell reads it back. */
function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that repeats the whole run. */
function wholeCommand({ selection }: Report): string {
  const { command: verb, suite, seed, backends, cases, conventions = [], shard } = selection;
  const words = ['normgauge', verb, '--suite', suite, '--seed', String(seed)];
  for (const backend of backends) words.push('--backend', backend);
  for (const pattern of cases) words.push('--case', pattern);
  for (const convention of conventions) words.push('--convention', convention);
  if (shard) words.push('--shard', `${shard.index}/${shard.of}`);
  return words.map(shellWord).join(' ');
}

const list = (items: readonly string[], none: string): Content =>
  items.length === 0 ? none : items.map((item, i) => html`${i > 0 && ', '}${name(item)}`);

/** The runs that a merged report was made of. */
function partsTable({ parts }: Report): Markup | false {
  if (parts === undefined) return false;
  const rows = parts.map(({ startedAt, seconds, interrupted, environment, selection }) => {
    const { shard, command: verb } = selection;
    return html`<tr><th scope="row"><time datetime="${startedAt}">${startedAt}</time><td>${verb}${shard && ` shard ${shard.index}/${shard.of}`}${interrupted && html` <span class="warn">stopped before its end</span>`}<td>${list(selection.backends, 'all')}<td>${machineName(environment)}<td class="n">${duration(seconds)}
`;
  });
  return wideTable(
    `Merged from ${plural(parts.length, 'run')}`,
    columns('began', 'what', 'backends', 'machine', '|took'),
    html`<tbody>${rows}</tbody>`,
  );
}

/** Where it ran, what was asked for, and how to do it again. */
export function environmentSection({ report }: PageModel): Markup {
  const { environment, selection, tool, startedAt, seconds } = report;
  const { cpu, cores, memory, os, arch, node, v8, commit, dirty, subject, branch, load } = environment;
  const machine = facts('Machine', [
    ['CPU', cpu],
    ['cores', count(cores)],
    ['memory', gibibytes(memory)],
    ['system', `${os}, ${arch}`],
    ['Node', node],
    ['V8', v8],
    ['load when it began', `${short(load)} runnable processes`],
    [
      'commit',
      commit === undefined ? 'not in a git work tree' : html`<code>${commit}</code>${dirty && ', with local changes'}`,
    ],
    ...(subject === undefined ? [] : ([['its message', name(subject)]] as const)),
    ...(branch === undefined ? [] : ([['branch', name(branch)]] as const)),
  ]);
  const asked = facts('Selection', [
    ['command', selection.command],
    ['suite', selection.suite],
    ['seed', selection.seed],
    ['backends', list(selection.backends, 'all')],
    ['cases', list(selection.cases, 'all of the suite')],
    ['conventions', list(selection.conventions ?? [], 'as the cases say')],
    ...(selection.shard ? ([['shard', `${selection.shard.index} of ${selection.shard.of}`]] as const) : []),
    ['normgauge', tool.version],
    ['began', html`<time datetime="${startedAt}">${startedAt}</time>`],
    ['took', duration(seconds)],
  ]);
  return section(
    'environment',
    'Where, what, and how to do it again',
    null,
    html`<div class="cards">${machine}${asked}<div class="card"><h3>Reproduce</h3><p>The whole run:</p>${command(wholeCommand(report))}<p>One case: the command stands beside each failure; for any other, <code>normgauge verify --backend … --case … --seed ${selection.seed}</code> with its address.</p>${commit !== undefined && html`<p>On commit <code>${commit}</code>${dirty && ', to which local changes had been made that this page cannot give back'}.</p>`}</div></div>
${partsTable(report)}`,
  );
}
