import { Command, Option } from 'commander';
import { collect, wholeNumber } from './optionValues.ts';
import type { ReferenceCheckOptions } from './runReferenceCheck.ts';

/** `normgauge reference-check`. */
export function referenceCheckCommand(finish: (status: number) => void): Command {
  return new Command('reference-check')
    .description('check the reference against its oracles and published numbers')
    .addOption(
      new Option('--case <address>', 'prefix, glob or full address; may be repeated')
        .argParser(collect)
        .default([], 'every op, convention, layout and fill'),
    )
    .addOption(new Option('--seed <integer>', 'the data is drawn from it').argParser(wholeNumber).default(1))
    .option('--vectors <folder>', 'published numbers to replay (default: ../shared/data/vectors where there is one)')
    .option('--json', 'print what was found as JSON instead of a table', false)
    .option('--quiet', 'print nothing but errors', false)
    .action(async (options: ReferenceCheckOptions) => {
      // Loaded only now: what is wrong with a command line is said before mathjs is there.
      const { runReferenceCheck } = await import('./runReferenceCheck.ts');
      finish(runReferenceCheck(options));
    });
}
