import { elementsOf, elementsPerChannel } from '@normgauge/contract';
import type { Case } from '../cases/case.ts';
import { type Conclusion, Diagnostician } from '../diagnose/diagnostician.ts';
import { type Prepared, prepareInputs } from '../verify/prepare.ts';
import type { Subject } from '../verify/subject.ts';
import { verifyCase } from '../verify/verifyCase.ts';
import { subjectInProcess } from './inProcess.ts';
import type { Mutant, Variant } from './mutant.ts';

/** A case that failed a variant, and what it said. */
export interface Failure {
  readonly case: string;
  readonly says: string;
}

export interface Outcome<V extends Variant = Variant> {
  readonly variant: V;
  /** How many cases it was tried on. */
  readonly tried: number;
  /** In the order of the cases. */
  readonly failures: readonly Failure[];
  /** What the diagnosis of those failures comes down to, where it was asked for and something fits. */
  readonly diagnosis?: Conclusion;
}

/** What one case is worth. */
export interface CaseWorth {
  readonly case: string;
  /** Mutants that it fails. */
  readonly kills: number;
  /** Mutants that no other case fails. */
  readonly alone: readonly string[];
}

export interface KillTable {
  readonly seed: number;
  readonly mutants: readonly Outcome<Mutant>[];
  readonly correct: readonly Outcome[];
  /** Every case, the smallest first. */
  readonly cases: readonly CaseWorth[];
}

export interface Trial {
  readonly cases: readonly Case[];
  readonly seed: number;
  readonly mutants: readonly Mutant[];
  readonly correct: readonly Variant[];
  /** A mutant that so many cases have failed is tried no further; at least 2, or `alone` would mean nothing. */
  readonly enough: number;
  /** Tries calls in other orders, and laws, on stateless variants too. */
  readonly thorough: boolean;
  /** Right kernels are tried on cases of so many elements at most: all of them go through every case. */
  readonly largestForRight?: number;
  /** Looks for the cause of every failure. */
  readonly diagnose?: boolean;
  onProgress?(done: number, total: number, label: string): void;
}

interface Contestant<V extends Variant> {
  readonly variant: V;
  readonly subject: Subject;
  readonly failures: Failure[];
  readonly diagnostician: Diagnostician;
  tried: number;
}

async function enter<V extends Variant>(variants: readonly V[]): Promise<readonly Contestant<V>[]> {
  return Promise.all(
    variants.map(async (variant) => ({
      variant,
      subject: await subjectInProcess(variant.open),
      failures: [],
      diagnostician: new Diagnostician(),
      tried: 0,
    })),
  );
}

/**
 * Finite differences ask for twenty forwards of the reference for every subject, and fail nothing that the agreement of
 * the gradients with the reference passes; the oracles judge the reference alone. Both are left out.
 */
function prepareOnce(row: Case, seed: number): Prepared {
  return { ...prepareInputs({ ...row, fill: { ...row.fill, differentiable: false } }, seed), oracles: [] };
}

/**
 * Verification calls a backend in many orders on the ordinary data, which takes most of its time, and says nothing of a
 * function of its inputs. Data that goes by another name is not ordinary.
 */
function calledOnce(prepared: Prepared): Prepared {
  const { row } = prepared;
  return { ...prepared, row: { ...row, fill: { ...row.fill, name: `${row.fill.name}, called once` } } };
}

async function tryOn(prepared: Prepared, contestant: Contestant<Variant>, diagnose: boolean): Promise<void> {
  contestant.tried++;
  const { subject, diagnostician } = contestant;
  const verdict = diagnose ? await diagnostician.verify(prepared, subject) : await verifyCase(prepared, subject);
  if (verdict.status !== 'failed') return;
  contestant.failures.push({ case: prepared.row.id, says: verdict.cause ?? '' });
}

/** Elements per channel below which many mistakes look alike. */
const telling = 16;
const last = 1e12;

/** Small cases first; where causes are looked for, after those that tell most of them apart. */
function rankOf({ problem: { shape } }: Case, diagnose: boolean): number {
  const isTelling = elementsPerChannel(shape) >= telling && shape.c > 1;
  return elementsOf(shape) + (diagnose && !isTelling ? last : 0);
}

/**
 * Tries the cases, small ones first, on every correct variant and on every mutant until enough of them have failed it.
 * Each is opened once: what it remembers from case to case is part of it. Inputs, reference and bounds of a case are
 * made once.
 */
export async function fillKillTable(trial: Trial): Promise<KillTable> {
  const { seed, enough, thorough, diagnose = false, largestForRight = Number.POSITIVE_INFINITY, onProgress } = trial;
  const cases = trial.cases.toSorted((a, b) => rankOf(a, diagnose) - rankOf(b, diagnose));
  const mutants = await enter(trial.mutants);
  const correct = await enter(trial.correct);
  for (const [k, row] of cases.entries()) {
    onProgress?.(k, cases.length, row.id);
    const right = elementsOf(row.problem.shape) <= largestForRight ? correct : [];
    const asked = [...mutants.filter(({ failures }) => failures.length < enough), ...right];
    if (asked.length === 0) continue;
    const prepared = prepareOnce(row, seed);
    const once = thorough ? prepared : calledOnce(prepared);
    for (const contestant of asked) await tryOn(contestant.variant.stateless ? once : prepared, contestant, diagnose);
  }
  return { seed, mutants: mutants.map(outcome), correct: correct.map(outcome), cases: worthOf(cases, mutants) };
}

function outcome<V extends Variant>({ variant, failures, tried, diagnostician }: Contestant<V>): Outcome<V> {
  const diagnosis = diagnostician.conclusion;
  return { variant, failures, tried, ...(diagnosis && { diagnosis }) };
}

function worthOf(cases: readonly Case[], mutants: readonly Contestant<Mutant>[]): readonly CaseWorth[] {
  const kills = new Map<string, { kills: number; alone: string[] }>(
    cases.map(({ id }) => [id, { kills: 0, alone: [] }]),
  );
  for (const { variant, failures } of mutants) {
    for (const failure of failures) kills.get(failure.case)!.kills++;
    if (failures.length === 1) kills.get(failures[0]!.case)!.alone.push(variant.id);
  }
  return cases.map(({ id }) => ({ case: id, ...kills.get(id)! }));
}
