import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from './optionValues.ts';
import type { DashboardOptions } from './runDashboard.ts';

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('expected a port, 0 to 65535.');
  return port;
}

/** `normgauge dashboard`. */
export function dashboardCommand(finish: (status: number) => void): Command {
  return new Command('dashboard')
    .description(
      'a folder of reports as a static site: trends, change points, what became worse, any two runs compared',
    )
    .addArgument(new Argument('<folder>', 'holds report.json files, at any depth'))
    .option('--out <folder>', 'where the site goes (default: "dashboard" in the folder)')
    .option('--serve', 'serve it on this machine only, and load pages again when a report comes', false)
    .addOption(new Option('--port <number>', 'for --serve; 0 for any').argParser(portNumber).default(8420))
    .option('--quiet', 'print nothing but errors', false)
    .action(async (folder: string, options: DashboardOptions) => {
      const { runDashboard } = await import('./runDashboard.ts');
      finish(await runDashboard(folder, options));
    });
}
