import { html, type Markup } from '../html/escape.ts';
import { name } from '../html/pieces.ts';
import type { History } from './history.ts';
import type { Run } from './run.ts';

/** A history by name: machine and branch. */
export function historyName({ machine, branch }: History): string {
  return `${machine} · ${branch === '' ? 'no branch' : branch}`;
}

/** Day and minute of a run, UTC. */
export function when({ startedAt }: Run): string {
  return `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)}`;
}

/** The commit of a run and its message, as text. */
export function commitText({ environment: { commit, dirty, subject } }: Run): string {
  if (commit === undefined) return 'no commit';
  return `${commit.slice(0, 10)}${dirty ? ' with local changes' : ''}${subject === undefined ? '' : ` ${subject}`}`;
}

/** Date, commit and message of a run, with a link to its own page unless it stands where none may. */
export function runMark(run: Run, linked = true): Markup {
  const { environment, startedAt, page } = run;
  const { commit, dirty, subject } = environment;
  const date = html`<time datetime="${startedAt}">${when(run)}</time>`;
  return html`${page === undefined || !linked ? date : html`<a href="${page}">${date}</a>`} ${
    commit === undefined
      ? html`<span class="note">no commit</span>`
      : html`<code title="${commit}">${commit.slice(0, 10)}</code>`
  }${dirty && html` <span class="note">with local changes</span>`}${subject !== undefined && html` ${name(subject)}`}`;
}
