import { loadavg } from 'node:os';
import { join } from 'node:path';
import { backends } from '../backends.ts';
import type { Case } from '../cases/case.ts';
import { selectCases } from '../cases/select.ts';
import { describeCalibration, readCalibrations } from '../gate/calibration.ts';
import { type GateReport, type GateRow, type GateVerdict, verdictOf } from '../gate/gateReport.ts';
import { readMargins } from '../gate/margins.ts';
import { NotRun } from '../gate/notRun.ts';
import { armsOf, explainRow, isNotable, renderGateMarkdown, renderGateTerminal } from '../gate/renderGate.ts';
import { alphaFor } from '../gate/sequential.ts';
import { Repository, refuseChanges } from '../gate/tree/git.ts';
import { type Place, placeNamed, sourceIn } from '../gate/tree/otherTree.ts';
import type { BackendSource } from '../hosts/protocol.ts';
import { abortOnSignal } from './candidates.ts';
import { describeEnvironment, toolVersion } from './environment.ts';
import { exitStatus } from './exitStatus.ts';
import { hostLimits } from './hostLimits.ts';
import { type Progress, progressOn } from './progress.ts';
import { type RuntimeOptions, type RuntimesOfGate, runtimesOf } from './runtimes.ts';
import { quoted } from './shellWords.ts';
import { sourceOf } from './subjects.ts';
import { writeOut } from './writeOut.ts';

/** Options of `gate`, as the command line gives them. */
export interface GateOptions extends RuntimeOptions {
  readonly base: string;
  /** Absent: the work tree as it is built. */
  readonly head?: string;
  readonly backend: readonly string[];
  readonly case: readonly string[];
  readonly suite: string;
  readonly seed: number;
  /** Seconds. */
  readonly budget: number;
  readonly timeLimit: number;
  readonly margins?: string;
  /** Also verifies what is not timed. */
  readonly verifyAll: boolean;
  readonly allowDirty: boolean;
  readonly out: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

const statusOf: Readonly<Record<GateVerdict, number>> = {
  pass: exitStatus.good,
  fail: exitStatus.failed,
  inconclusive: exitStatus.invalid,
  invalid: exitStatus.invalid,
  'not-run': exitStatus.couldNotRun,
};

/** The cases of the gate, and which of them are timed: those that the suite times or a full address names, else all. */
function casesOfGate({ suite, case: patterns, verifyAll }: GateOptions): {
  readonly cases: readonly Case[];
  isTimed(row: Case): boolean;
} {
  const selected = selectCases({ suite, patterns, conventions: [] });
  const meant = (row: Case): boolean => row.timed || patterns.includes(row.id);
  const isTimed = selected.some(meant) ? meant : () => true;
  return { cases: verifyAll ? selected : selected.filter(isTimed), isTimed };
}

/** What there is to compare, settled before anything is built. */
interface Asked {
  readonly base: Place;
  readonly head?: Place;
  readonly subjects: readonly { readonly asked: string; readonly source: BackendSource }[];
  /** Absent: base and head share a process. */
  readonly apart?: RuntimesOfGate;
}

function whatIsAsked(options: GateOptions): Asked {
  const { base, head, backend, allowDirty } = options;
  const asked =
    backend.length > 0 ? [...new Set(backend)] : backends.filter(({ onlyNamed }) => !onlyNamed).map(({ id }) => id);
  const subjects = asked.map((name) => ({ asked: name, source: sourceOf(name) }));
  const basePlace = placeNamed('--base', base);
  const headPlace = head === undefined ? undefined : placeNamed('--head', head);
  if (!headPlace && basePlace.kind === 'commit' && !allowDirty) refuseChanges(Repository.around('.')!);
  const apart = runtimesOf(options);
  return { base: basePlace, ...(headPlace && { head: headPlace }), subjects, ...(apart && { apart }) };
}

function reproduceCommand(options: GateOptions, asked: string, row: Case): string {
  const { base, head, seed, node, nodeFlags, baseNode, baseNodeFlags, apart } = options;
  const given = [
    ['head', head],
    ['node', node],
    ['node-flags', nodeFlags],
    ['base-node', baseNode],
    ['base-node-flags', baseNodeFlags],
  ] as const;
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${quoted(value)}`]));
  const further = [...words, ...(apart ? ['--apart'] : [])].map((word) => ` ${word}`).join('');
  return `npx normgauge gate --base ${quoted(base)}${further} --backend ${quoted(asked)} --case ${quoted(row.id)} --seed ${seed}`;
}

/** What is gathered while the gate runs. */
class Gathering {
  readonly rows: GateRow[] = [];
  readonly ids: string[] = [];
  readonly reasons: string[] = [];
  readonly leftOut: Record<string, number> = {};
}

async function gateAll(
  options: GateOptions,
  asked: Asked,
  signal: AbortSignal,
  progress: Progress,
): Promise<Gathering> {
  // Loaded only now: what is wrong with the options is said before mathjs is there.
  const { GateSession } = await import('./gateSession.ts');
  const gathered = new Gathering();
  const { cases, isTimed } = casesOfGate(options);
  const marginsOf = readMargins(options.margins);
  const timed = cases.filter(isTimed).length * asked.subjects.length;
  const total = (cases.length + cases.filter(isTimed).length) * asked.subjects.length;
  let done = 0;
  for (const { asked: name, source } of asked.subjects) {
    if (signal.aborted) break;
    try {
      progress.update(done, total, `base of ${name}`);
      const base = await sourceIn(asked.base, source, 'base', signal);
      const head = asked.head ? await sourceIn(asked.head, source, 'head', signal) : source;
      const session = new GateSession(
        { asked: name, base, head },
        {
          cases,
          isTimed,
          seed: options.seed,
          marginsOf,
          alpha: alphaFor(timed),
          budget: options.budget * 1000,
          limit: options.timeLimit * 1000,
          hosts: hostLimits(cases, options.timeLimit, undefined),
          ...(asked.apart && { apart: asked.apart.runtimes }),
          signal,
          reproduce: (of, row) => reproduceCommand(options, of, row),
          onRow(row) {
            gathered.rows.push(row);
            if (isNotable(row) && !options.json) progress.line(explainRow(row));
          },
          onProgress: (label) => progress.update(Math.min(done++, total), total, label),
          onLeftOut(backend) {
            gathered.leftOut[backend] = (gathered.leftOut[backend] ?? 0) + 1;
          },
        },
      );
      gathered.ids.push(await session.run());
    } catch (error) {
      if (!(error instanceof NotRun)) throw error;
      gathered.reasons.push(`${name}: ${error.message}`);
    }
  }
  return gathered;
}

/** Nothing that was asked for may be missing from a pass. */
function verdictOfAll({ rows, reasons }: Gathering, interrupted: boolean): GateVerdict {
  const verdict = verdictOf(rows);
  return verdict === 'pass' && (reasons.length > 0 || interrupted) ? 'not-run' : verdict;
}

function reasonOfAll({ rows, reasons, leftOut }: Gathering): string | undefined {
  if (reasons.length > 0) return reasons.join('; ');
  if (rows.length > 0) return undefined;
  return Object.keys(leftOut).length > 0 ? 'neither side supports any of the cases' : 'nothing was compared';
}

function known(ids: readonly string[]): Pick<GateReport, 'calibrations' | 'warnings'> {
  const measured = readCalibrations();
  const lines = ids.map((id) => ({ id, calibration: measured[id] }));
  return {
    calibrations: lines.flatMap(({ calibration }) => (calibration ? [describeCalibration(calibration)] : [])),
    warnings: lines.flatMap(({ id, calibration }) =>
      calibration
        ? []
        : [`how often the gate errs with ${id} on this machine is not known; "normgauge gate --calibrate" measures it`],
    ),
  };
}

async function write(report: GateReport, { out, json, quiet }: GateOptions): Promise<void> {
  const { renderArmsHtml } = await import('@normgauge/reports/pages');
  const paths = {
    [join(out, 'gate.json')]: `${JSON.stringify(report, null, 1)}\n`,
    [join(out, 'gate.md')]: renderGateMarkdown(report),
    [join(out, 'gate.html')]: renderArmsHtml(armsOf(report)),
  };
  for (const [path, text] of Object.entries(paths)) writeOut(path, text);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!quiet) process.stdout.write(`${renderGateTerminal(report)}\n  ${Object.keys(paths).join(', ')}\n`);
}

/**
 * Compares head with base, case by case: first whether it is as right, then whether it is as fast. Writes gate.json, gate.md and
 * gate.html; returns the exit status.
 *
 * @throws {UsageError} when the options make no sense
 */
export async function runGate(options: GateOptions): Promise<number> {
  const startedAt = new Date();
  // What is wrong with these is said before anything is built.
  casesOfGate(options);
  readMargins(options.margins);
  let asked: Asked;
  try {
    asked = whatIsAsked(options);
  } catch (error) {
    if (!(error instanceof NotRun)) throw error;
    process.stderr.write(`normgauge: gate: not-run: ${error.message}\n`);
    return exitStatus.couldNotRun;
  }
  const environment = describeEnvironment();
  const { signal, release } = abortOnSignal([]);
  const progress = progressOn(process.stderr, options.quiet);
  try {
    const gathered = await gateAll(options, asked, signal, progress);
    progress.end();
    const verdict = verdictOfAll(gathered, signal.aborted);
    const reason = reasonOfAll(gathered);
    const { cases, isTimed } = casesOfGate(options);
    const report: GateReport = {
      kind: 'gate',
      version: 1,
      tool: { name: 'normgauge', version: toolVersion() },
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      interrupted: signal.aborted,
      verdict,
      ...(reason !== undefined && { reason }),
      environment,
      loadAtEnd: loadavg()[0] ?? 0,
      base: asked.base,
      ...(asked.head && { head: asked.head }),
      ...(asked.apart && { apart: asked.apart.names }),
      suite: options.suite,
      seed: options.seed,
      alpha: alphaFor(cases.filter(isTimed).length * asked.subjects.length),
      rows: gathered.rows,
      leftOut: gathered.leftOut,
      ...known(gathered.ids),
    };
    await write(report, options);
    if (signal.aborted && verdict !== 'fail') return exitStatus.interrupted;
    return statusOf[verdict];
  } finally {
    release();
  }
}
