import { Argument, Command } from 'commander';
import type { MergeOptions } from './runMerge.ts';

/** `normgauge merge`. */
export function mergeCommand(finish: (status: number) => void): Command {
  return new Command('merge')
    .description('one report of several: of shards, of machines; says what is missing')
    .addArgument(new Argument('<reports...>', 'report.json files, or the folders that hold them'))
    .requiredOption('--out <folder>', 'where report.json and index.html go')
    .option('--json', 'print the report as JSON instead of a summary', false)
    .option('--quiet', 'print nothing but errors', false)
    .action(async (paths: readonly string[], options: MergeOptions) => {
      const { runMerge } = await import('./runMerge.ts');
      finish(runMerge(paths, options));
    });
}
