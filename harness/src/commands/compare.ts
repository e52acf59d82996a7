import { Argument, Command } from 'commander';
import type { CompareOptions } from './runCompare.ts';

/** `normgauge compare`. */
export function compareCommand(finish: (status: number) => void): Command {
  return new Command('compare')
    .description('what changed from one report to another: statuses, accuracy grades, then times')
    .addArgument(new Argument('<before>', 'report.json, or the folder that holds it'))
    .addArgument(new Argument('<after>', 'the same'))
    .option('--out <file>', 'also write it as an HTML page')
    .option('--all', 'also print the times whose change is not significant', false)
    .option('--across-machines', 'compare times although the machines differ', false)
    .option('--json', 'print the changes as JSON instead of tables', false)
    .action(async (before: string, after: string, options: CompareOptions) => {
      const { runCompare } = await import('./runCompare.ts');
      finish(runCompare(before, after, options));
    });
}
