import { existsSync } from 'node:fs';
import { type Contradiction, checkReference } from '../referenceCheck/check.ts';
import { selectProblems } from '../referenceCheck/problems.ts';
import { checkPublished, type PublishedVerdict } from '../referenceCheck/published.ts';
import { explainContradiction, type ReferenceVerdict, renderVerdict, verdictAsJson } from '../referenceCheck/render.ts';
import { readVectors } from '../vectors/readVectors.ts';
import { exitStatus } from './exitStatus.ts';
import { progressOn } from './progress.ts';
import { quoted } from './shellWords.ts';

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
export function runReferenceCheck(options: ReferenceCheckOptions): number {
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
