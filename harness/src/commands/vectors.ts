import { layouts } from '@normgauge/contract';
import { Argument, Command, Option } from 'commander';
import { collect } from './optionValues.ts';
import type { VectorsOptions } from './runVectors.ts';

/** `normgauge vectors`. */
export function vectorsCommand(finish: (status: number) => void): Command {
  return new Command('vectors')
    .description('replay published test vectors from JSON files; docs/vectors.md has the format')
    .addArgument(new Argument('<file or folder...>', 'a file, or a folder whose *.json are all taken'))
    .addOption(
      new Option('--backend <id or path>', 'one of ours or a module that exports openBackend; may be repeated')
        .argParser(collect)
        .default([], 'all of ours; the reference is always there'),
    )
    .addOption(
      new Option('--case <text>', 'only cases with this in their name; may be repeated')
        .argParser(collect)
        .default([], 'all'),
    )
    .addOption(
      new Option('--layout <layout>', 'transpose to this layout first; otherwise as published')
        .choices(layouts)
        .default(undefined, 'as published'),
    )
    .option('--strict', 'beyond the published tolerance is a failure too', false)
    .option('--require', 'what is skipped counts as not having run (exit status 4)', false)
    .option('--json', 'print what was found as JSON instead of tables', false)
    .option('--quiet', 'print nothing but errors', false)
    .action(async (paths: readonly string[], options: VectorsOptions) => {
      // Loaded only now: what is wrong with a command line is said before mathjs is there.
      const { runVectors } = await import('./runVectors.ts');
      finish(await runVectors(paths, options));
    });
}
