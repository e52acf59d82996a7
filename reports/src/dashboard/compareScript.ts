/**
 * Compares two runs by the rules of `normgauge compare`: statuses, grades, then times beyond the noise of the pair. A test holds
 * the two together.
 */
export const compareScript: string = `
'use strict';
const byId = (id) => document.getElementById(id);
const element = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const change = (ratio) => ratio >= 2 ? ratio.toPrecision(3) + '×' : ratio <= 0.5 ? '÷' + (1 / ratio).toPrecision(3)
  : (ratio < 1 ? '−' : '+') + (Math.abs(ratio - 1) * 100).toFixed(1) + ' %';
// From bad to good.
const gravity = ['failed', 'crashed', 'timed-out', 'invalid', 'untrusted', 'skipped', 'passed'];
function compare(data, before, after) {
  const first = new Map(before.entries.map((entry) => [entry[0], entry]));
  const pairs = after.entries.filter((entry) => first.has(entry[0])).map((entry) => [first.get(entry[0]), entry]);
  const name = (entry) => data.statuses[entry[1]][0];
  const statuses = pairs.filter(([a, b]) => a[1] !== b[1]).map(([a, b]) => ({ subject: b[0], before: name(a), after: name(b),
    worse: gravity.indexOf(name(b)) < gravity.indexOf(name(a)) })).sort((a, b) => b.worse - a.worse);
  const grades = pairs.filter(([a, b]) => a[2] && b[2] && a[2] !== b[2])
    .map(([a, b]) => ({ subject: b[0], before: a[2], after: b[2], worse: b[2] > a[2] })).sort((a, b) => b.worse - a.worse);
  const timed = before.machine === after.machine ? pairs.filter(([a, b]) => a[3] && b[3]) : [];
  const logs = timed.map(([a, b]) => Math.log(b[3] / a[3]));
  const middle = logs.length ? median(logs) : 0;
  const scatter = logs.length < 8 ? 0 : 1.4826 * median(logs.map((log) => Math.abs(log - middle)));
  const control = Math.sqrt(timed.reduce((sum, [a, b]) => sum + Math.log(b[4] / a[4]) ** 2, 0) / Math.max(1, timed.length));
  const noise = Math.max(data.noise, scatter, control);
  const own = 1.2533 * 1.4826;
  const z = data.deviations;
  const v = timed.length + 1;
  const enough = z + (z ** 3 + z) / (4 * v) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v ** 2);
  const times = timed.map(([a, b], k) => {
    const margin = enough * Math.hypot(noise, own * a[5], own * b[5]);
    return { subject: b[0], before: a[3], after: b[3], ratio: Math.exp(logs[k]), significant: Math.abs(logs[k]) > margin };
  }).sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)));
  return { common: pairs.length, statuses, grades, times, sameMachine: before.machine === after.machine };
}
function table(title, heads, rows) {
  if (rows.length === 0) return element('p', title + ': no change.');
  const frame = element('div', undefined, 'scroll');
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', title);
  const made = element('table');
  made.append(element('caption', title + ': ' + rows.length));
  const head = element('tr');
  for (const text of heads) {
    const cell = element('th', text);
    cell.scope = 'col';
    head.append(cell);
  }
  const top = element('thead');
  top.append(head);
  const body = element('tbody');
  for (const cells of rows.slice(0, 2000)) {
    const row = element('tr');
    for (const [text, kind] of cells) row.append(element('td', text, kind));
    body.append(row);
  }
  made.append(top, body);
  frame.append(made);
  return frame;
}
function show(data) {
  const [before, after] = [data.runs[byId('before').value], data.runs[byId('after').value]];
  const found = compare(data, before, after);
  const all = byId('which').value === 'all';
  const times = found.times.filter((time) => all || time.significant);
  const who = (subject) => data.subjects[subject].join(' · ');
  const colour = (worse) => worse ? 's-f' : 's-p';
  const counts = { worse: found.statuses.filter((one) => one.worse).length, lost: found.grades.filter((one) => one.worse).length,
    slower: found.times.filter((one) => one.significant && one.ratio > 1).length, faster: found.times.filter((one) => one.significant && one.ratio < 1).length };
  byId('sentence').textContent = counts.worse + ' worse in status, ' + counts.lost + ' grades lost, ' + counts.slower + ' slower, ' +
    counts.faster + ' faster, of ' + found.common + ' results that both have' + (found.sameMachine ? '.' : '; times are not compared: the machines differ.');
  byId('result').replaceChildren(
    table('Status', ['backend and case', 'before', 'after'], found.statuses.map((one) => [[who(one.subject)], [one.before], [one.after, colour(one.worse)]])),
    table('Grade', ['backend and case', 'before', 'after'], found.grades.map((one) => [[who(one.subject)], [one.before], [one.after, colour(one.worse)]])),
    table('Time', ['backend and case', 'before, ms', 'after, ms', 'change'], times.map((one) => [[who(one.subject)], [one.before.toPrecision(4)],
      [one.after.toPrecision(4)], [change(one.ratio) + (one.significant ? (one.ratio > 1 ? ' ▲ slower' : ' ▼ faster') : ' not significant'), one.significant ? colour(one.ratio > 1) : 'none']])),
  );
}
async function start() {
  const bytes = Uint8Array.from(atob(byId('data').textContent), (c) => c.charCodeAt(0));
  const data = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).json();
  globalThis.normgaugeCompare = (before, after) => compare(data, data.runs[before], data.runs[after]);
  if (data.runs.length === 0) return;
  const asked = new URLSearchParams(location.search);
  const alike = data.runs.findIndex((run, k) => k > 0 && run.machine === data.runs[0].machine && run.branch === data.runs[0].branch);
  const which = [['before', alike > 0 ? alike : Math.min(1, data.runs.length - 1)], ['after', 0]];
  for (const [id, usual] of which) {
    byId(id).append(...data.runs.map((run, k) => {
      const option = element('option', run.label + ' · ' + (run.branch || 'no branch') + ' · ' + run.machine);
      option.value = k;
      return option;
    }));
    byId(id).value = data.runs[asked.get(id)] ? asked.get(id) : usual;
  }
  if (asked.get('which') === 'all') byId('which').value = 'all';
  for (const id of ['before', 'after', 'which']) {
    byId(id).addEventListener('change', () => {
      history.replaceState(null, '', '?' + new URLSearchParams(['before', 'after', 'which'].map((one) => [one, byId(one).value])));
      show(data);
    });
  }
  document.querySelector('.controls').hidden = false;
  show(data);
}
start();
`;
