import type { FormatName } from '@normgauge/reports/pages';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { ReportOptions } from './runReport.ts';

/** As a record, so that the compiler misses none; loading the renderers takes longer than saying that a name is wrong. */
const names: readonly string[] = Object.keys({
  html: true,
  markdown: true,
  junit: true,
  csv: true,
  bencher: true,
  'github-action-benchmark': true,
  certificate: true,
  badge: true,
} satisfies Record<FormatName, true>);

function formatNames(text: string, earlier: readonly string[] = []): readonly string[] {
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}": expected one of ${names.join(', ')}.`);
  return [...earlier, ...asked];
}

/** `normgauge report`. */
export function reportCommand(finish: (status: number) => void): Command {
  return new Command('report')
    .description('a report in other formats: a page, CI, trend services, a spreadsheet, a certificate')
    .addArgument(new Argument('<report>', 'report.json, or the folder that holds it'))
    .addOption(
      new Option('--format <name>', `${names.join(', ')}; may be repeated or a list with commas`)
        .argParser(formatNames)
        .makeOptionMandatory(),
    )
    .option('--backend <id>', 'which backend a certificate or badge is about')
    .option('--kill-table <file>', 'what "normgauge mutants --json" printed, to be shown on the page')
    .option('--beside <file>', 'what scripts/torch_batch_norm.py wrote, to be shown on the page beside our times')
    .option('--out <file or folder>', 'where to write; several formats need a folder (default: standard output)')
    .action(async (path: string, options: ReportOptions) => {
      const { runReport } = await import('./runReport.ts');
      finish(runReport(path, options));
    });
}
