import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Case } from '../cases/case.ts';
import type { Expectation } from '../cases/expectations.ts';
import { describeEnvironment, toolVersion } from './environment.ts';
import { type Candidate, idOf } from './subjects.ts';

/** A backend, so far as can be told from outside. */
interface BackendIdentity {
  readonly id: string;
  /** Absent where it could not be opened. */
  readonly version?: string;
  /** SHA-256 of the module file, where it is not one of ours. */
  readonly module?: string;
}

/**
 * What results depend on. A run that goes on later must have the same, or its report would say of one thing what was
 * found about another. Limits are not part of it: to be given more time or memory is a reason to go on.
 */
export interface RunIdentity {
  readonly tool: string;
  readonly command: string;
  readonly suite: string;
  readonly seed: number;
  /** Addresses, in the order of the run; the convention is part of an address. */
  readonly cases: readonly string[];
  readonly backends: readonly BackendIdentity[];
  /** SHA-256 of the known failures. */
  readonly expectations: string;
  /** Processor, system, Node and commit, of which a report has one each. */
  readonly machine: string;
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function backendIdentity(candidate: Candidate): BackendIdentity {
  const { opened, host } = candidate;
  const { source } = host;
  return {
    id: idOf(candidate),
    ...(opened && { version: opened.version }),
    ...(source.kind === 'module' && { module: digest(readFileSync(fileURLToPath(source.url))) }),
  };
}

function machine(): string {
  const { cpu, os, arch, node, commit } = describeEnvironment();
  return [cpu, os, arch, `Node ${node}`, ...(commit === undefined ? [] : [`commit ${commit}`])].join(', ');
}

/** The identity of the run that these options begin or go on with. */
export function runIdentity(
  { command, suite, seed }: Pick<RunIdentity, 'command' | 'suite' | 'seed'>,
  cases: readonly Case[],
  candidates: readonly Candidate[],
  excuses: readonly Expectation[],
): RunIdentity {
  return {
    tool: toolVersion(),
    command,
    suite,
    seed,
    cases: cases.map(({ id }) => id),
    backends: candidates.map(backendIdentity),
    expectations: digest(JSON.stringify(excuses)),
    machine: machine(),
  };
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
}

/** `wasm 0.1.0`; what is no version stands in brackets. */
function describeBackend({ id, version, module }: BackendIdentity): string {
  const file = module === undefined ? '' : ` (module ${module.slice(0, 8)})`;
  return `${id} ${version ?? '(not opened)'}${file}`;
}

/** Every difference between a run as it was and as it is asked for now, in words. */
export function differences(then: RunIdentity, now: RunIdentity): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, before: string | number, after: string | number): void => {
    if (before !== after) found.push(`${what} was ${before} and is ${after}`);
  };
  compare('the version of normgauge', then.tool, now.tool);
  compare('the command', then.command, now.command);
  compare('the suite', then.suite, now.suite);
  compare('the seed', then.seed, now.seed);
  if (!sameItems(then.cases, now.cases)) {
    const others = now.cases.filter((id) => !then.cases.includes(id));
    const [other] = others.length > 0 ? others : then.cases.filter((id) => !now.cases.includes(id));
    found.push(`there were ${then.cases.length} cases and are ${now.cases.length}, ${other} not in both`);
  }
  const [before, after] = [then, now].map(({ backends }) => backends.map(describeBackend).toSorted().join(', '));
  compare('the selection of backends', before!, after!);
  if (then.expectations !== now.expectations) found.push('the known failures are others');
  compare('the machine', then.machine, now.machine);
  return found;
}
