import { existsSync } from 'node:fs';
import { oracles } from '@normgauge/reference';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Contradiction, checkReference } from '../referenceCheck/check.ts';
import { selectProblems } from '../referenceCheck/problems.ts';
import { checkPublished, type PublishedVerdict } from '../referenceCheck/published.ts';
import { explainContradiction, type ReferenceVerdict, renderVerdict, verdictAsJson } from '../referenceCheck/render.ts';
import { readVectors } from '../vectors/readVectors.ts';
import { quoted } from './candidates.ts';
import { exitStatus } from './exitStatus.ts';
import { progressOn } from './progress.ts';

/** Options of `reference-check`, as the command line gives them. */
export interface ReferenceCheckOptions {
  readonly case: readonly string[];
  readonly seed: number;
  readonly vectors?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Where published numbers lie when they lie anywhere; relative to the current folder. */
const usualVectors = '../shared/data/vectors';

/** A mistake in the reference contradicts hundreds of problems; so many explain it. */
const mostExplained = 10;

function publishedNumbers(options: ReferenceCheckOptions): PublishedVerdict | { readonly skipped: string } {
  if (options.vectors !== undefined) return checkPublished(readVectors(options.vectors));
  if (options.case.length > 0) return { skipped: '--case selects problems of the other oracles' };
  if (existsSync(usualVectors)) return checkPublished(readVectors(usualVectors));
  return { skipped: `no folder ${usualVectors}; name one with --vectors` };
}

/**
 * Asks every oracle about the reference on every op, convention, layout and family of data, prints where they agree
 * least, and returns the exit status: 1 when one contradicts it, or one had nothing to say about all the problems.
 *
 * @throws {UsageError} when a pattern selects nothing or a file of test vectors is damaged
 */
export function referenceCheck(options: ReferenceCheckOptions): number {
  const began = performance.now();
  const problems = selectProblems(options.case);
  const published = publishedNumbers(options);
  const progress = progressOn(process.stderr, options.quiet);
  let contradictions = 0;
  const explain = (found: Contradiction): void => {
    contradictions++;
    if (contradictions > mostExplained) return;
    const reproduce = `npx normgauge reference-check --case ${quoted(found.case)} --seed ${options.seed}`;
    progress.line(`${explainContradiction(found)}\n  reproduce: ${reproduce}`);
  };
  const tallies = checkReference({
    problems,
    seed: options.seed,
    onContradiction: explain,
    onProgress: (done, total, label) => progress.update(done, total, label),
  });
  progress.end();
  // Few problems may well be none of an oracle's business; all of them never are.
  const mute = options.case.length > 0 ? [] : tallies.filter((tally) => tally.problems === 0);
  for (const { oracle } of mute) progress.line(`✗ ${oracle} had nothing to say about any problem`);
  const contradicted = !('skipped' in published) && published.tensors.some(({ beyond }) => beyond > 0);
  if (contradicted) {
    const files = published.files.map(quoted).join(' ');
    progress.line(`✗ published numbers contradict the reference; npx normgauge vectors ${files} --backend reference`);
  }
  const verdict: ReferenceVerdict = {
    passed: contradictions === 0 && mute.length === 0 && !contradicted,
    seed: options.seed,
    problems: problems.length,
    seconds: (performance.now() - began) / 1000,
    oracles: tallies,
    published,
  };
  if (options.json) process.stdout.write(`${verdictAsJson(verdict)}\n`);
  else if (!options.quiet) process.stdout.write(`${renderVerdict(verdict)}\n`);
  return verdict.passed ? exitStatus.good : exitStatus.failed;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number ≥ 0.');
  return value;
}

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

/** `normgauge reference-check`. */
export function referenceCheckCommand(finish: (status: number) => void): Command {
  return new Command('reference-check')
    .description(
      `check the reference against its oracles: ${oracles.map(({ id }) => id).join(', ')}, published numbers`,
    )
    .addOption(
      new Option('--case <address>', 'prefix, glob or full address; may be repeated')
        .argParser(collect)
        .default([], 'every op, convention, layout and fill'),
    )
    .addOption(new Option('--seed <integer>', 'the data is drawn from it').argParser(wholeNumber).default(1))
    .option('--vectors <folder>', `published numbers to replay (default: ${usualVectors} where there is one)`)
    .option('--json', 'print what was found as JSON instead of a table', false)
    .option('--quiet', 'print nothing but errors', false)
    .action((options: ReferenceCheckOptions) => finish(referenceCheck(options)));
}
