import type { Environment, Report, Selection } from '../report.ts';

/** Something that was not the same in both runs, so that a change may come from it. */
export interface Difference {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

type Facts = Readonly<Record<string, string | undefined>>;

function machine({ cpu, cores, memory, os, arch, node, v8, commit, dirty, branch }: Environment): Facts {
  return {
    CPU: cpu,
    cores: String(cores),
    memory: `${Math.round(memory / 2 ** 30)} GiB`,
    system: os,
    'instruction set': arch,
    Node: node,
    V8: v8,
    branch,
    commit,
    'local changes': dirty ? 'yes' : 'no',
  };
}

function asked({ command, suite, seed }: Selection): Facts {
  return { command, suite, seed: String(seed) };
}

function backends({ backends: entries }: Report): Facts {
  return Object.fromEntries(
    entries.flatMap(({ id, version, device }) => [
      [`version of ${id}`, version],
      [`device of ${id}`, device?.name],
    ]),
  );
}

function factsOf(report: Report): Facts {
  return {
    ...machine(report.environment),
    ...asked(report.selection),
    normgauge: report.tool.version,
    'stopped before its end': report.interrupted ? 'yes' : 'no',
    ...backends(report),
  };
}

/** What differs between the two runs themselves: machine, versions, selection. */
export function environmentDifferences(before: Report, after: Report): readonly Difference[] {
  const [first, second] = [factsOf(before), factsOf(after)];
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
    .filter((what) => first[what] !== second[what])
    .map((what) => ({ what, before: first[what] ?? 'none', after: second[what] ?? 'none' }));
}
