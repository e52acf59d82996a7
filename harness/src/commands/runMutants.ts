import { elementsOf } from '@normgauge/contract';
import picomatch from 'picomatch';
import type { Case } from '../cases/case.ts';
import { selectCases } from '../cases/select.ts';
import { correctVariants, mutants } from '../mutants/corpus.ts';
import { fillKillTable } from '../mutants/killTable.ts';
import { type Corpus, loadCorpus } from '../mutants/loadCorpus.ts';
import type { Variant } from '../mutants/mutant.ts';
import { judgeKillTable, killTableAsJson, renderKillTable, renderProblems } from '../mutants/renderKillTable.ts';
import { UsageError } from '../usageError.ts';
import { exitStatus } from './exitStatus.ts';
import { progressOn } from './progress.ts';

/** Options of `mutants`, as the command line gives them. */
export interface MutantsOptions {
  readonly suite: string;
  readonly case: readonly string[];
  readonly largest?: number;
  readonly family: readonly string[];
  readonly mutant: readonly string[];
  readonly seed: number;
  readonly thorough: boolean;
  readonly diagnose: boolean;
  /** A module that exports kernels of somebody else, instead of ours. */
  readonly corpus?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Every right kernel goes through every case; what large ones find of them, smaller ones find too. */
const largestForRight = 130_000;
/** Cases that must have failed a mutant before it is left alone: one more than shows that no case is the only one. */
const enough = 3;
/** The same where causes are looked for: several may account for a few. */
const enoughToTell = 10;

const ours: Corpus = { mutants, correctVariants };

/** Those that were asked for, of the dtypes that the cases have: on others a kernel says nothing, and would survive. */
function chosen<V extends Variant>(
  variants: readonly V[],
  { mutant: globs }: MutantsOptions,
  cases: readonly Case[],
): readonly V[] {
  const stored = new Set(cases.map(({ problem }) => problem.dtype));
  const matches = globs.length === 0 ? () => true : picomatch([...globs]);
  return variants.filter(({ id, dtype = 'f32' }) => stored.has(dtype) && matches(id));
}

/**
 * Fills the kill table and returns the exit status: 1 when a mutant survives or a right kernel is failed.
 *
 * @throws {UsageError} when no case or no variant is selected
 */
export async function runMutants(options: MutantsOptions): Promise<number> {
  const { suite, case: patterns, seed, thorough, diagnose, family: asked } = options;
  const named = selectCases({ suite, patterns, conventions: [] });
  const { largest = Number.POSITIVE_INFINITY } = options;
  const cases = named.filter(({ problem }) => elementsOf(problem.shape) <= largest);
  if (cases.length === 0) throw new UsageError(`--largest ${largest}: every selected case is larger`);
  const corpus = options.corpus === undefined ? ours : await loadCorpus(options.corpus);
  const wrong = chosen(
    corpus.mutants.filter(({ family }) => asked.length === 0 || asked.includes(family)),
    options,
    cases,
  );
  const right = chosen(asked.length === 0 || asked.includes('correct') ? corpus.correctVariants : [], options, cases);
  if (wrong.length + right.length === 0) {
    throw new UsageError(
      `--mutant ${options.mutant.join(' ')}: matches no id of a dtype that the cases have; "normgauge list mutants" prints them`,
    );
  }
  const progress = progressOn(process.stderr, options.quiet);
  const table = await fillKillTable({
    cases,
    seed,
    mutants: wrong,
    correct: right,
    enough: thorough ? Number.POSITIVE_INFINITY : diagnose ? enoughToTell : enough,
    thorough,
    largestForRight: options.largest ?? largestForRight,
    diagnose,
    onProgress: (done, total, label) => progress.update(done, total, label),
  });
  progress.end();
  const verdict = judgeKillTable(table);
  if (options.json) process.stdout.write(`${killTableAsJson(table, verdict)}\n`);
  else if (!options.quiet) process.stdout.write(`${renderKillTable(table, verdict)}\n`);
  if (options.quiet && !verdict.passed) process.stderr.write(`${renderProblems(verdict).join('\n')}\n`);
  return verdict.passed ? exitStatus.good : exitStatus.failed;
}
