import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { suites } from './cases/suites.ts';
import { compareCommand } from './commands/compare.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { toolVersion } from './commands/environment.ts';
import { exitStatus } from './commands/exitStatus.ts';
import { explainCommand } from './commands/explain.ts';
import { gateCommand } from './commands/gate.ts';
import { type ListOptions, list, lists } from './commands/list.ts';
import { mergeCommand } from './commands/merge.ts';
import { mutantsCommand } from './commands/mutants.ts';
import { collect, seconds, shard, wholeNumber } from './commands/optionValues.ts';
import { referenceCheckCommand } from './commands/referenceCheck.ts';
import { reportCommand } from './commands/report.ts';
import type { SuiteOptions } from './commands/runSuite.ts';
import { vectorsCommand } from './commands/vectors.ts';
import { UsageError } from './usageError.ts';

function mebibytes(text: string): number {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value >= 128)) {
    throw new InvalidArgumentError(
      'expected a whole number of MiB ≥ 128: a process without a backend uses half of that.',
    );
  }
  return value;
}

function suiteOption(): Option {
  const names = suites.map(({ name }) => name);
  return new Option('--suite <name>', 'which table of cases').choices(names).default('standard');
}

function caseOption(): Option {
  return new Option('--case <address>', 'prefix, glob or full address; may be repeated')
    .argParser(collect)
    .default([], 'all of the suite');
}

function certificateOption(): Option {
  return new Option('--certificate <file>', 'run its suite and seed again and compare its claim').conflicts([
    'suite',
    'seed',
    'case',
    'convention',
    'shard',
    'expectations',
  ]);
}

function budgetOption(): Option {
  return new Option(
    '--budget <seconds>',
    'for the whole run: first a short look at every case, then more samples where the times are least sure',
  )
    .argParser(seconds)
    .conflicts('resume');
}

function suiteCommand(name: 'run' | 'verify' | 'bench', description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option('--backend <id or path>', 'one of ours or a module that exports openBackend; may be repeated')
        .argParser(collect)
        .default([], 'all of ours'),
    )
    .addOption(caseOption())
    .addOption(suiteOption())
    .addOption(
      new Option('--convention <name or record>', 'try the cases under this convention instead; may be repeated')
        .argParser(collect)
        .default([], 'as the cases say'),
    )
    .addOption(new Option('--seed <integer>', 'the data is drawn from it').argParser(wholeNumber).default(1))
    .option('--out <folder>', 'where report.json, index.html and results.ndjson go', 'reports/out/latest')
    .addOption(
      new Option('--time-limit <seconds>', 'for one request to a backend, after which its process is ended')
        .argParser(seconds)
        .default(30),
    )
    .addOption(
      new Option('--memory-limit <MiB>', 'for the process of a backend, which is ended when it uses more')
        .argParser(mebibytes)
        .default(undefined, '2048, or what the largest case needs'),
    )
    .option('--resume', 'go on with the run that lies in the folder of --out, where it was stopped or killed', false)
    .addOption(
      new Option('--shard <i/n>', 'only part i of n of the cases; "merge" makes one report of them').argParser(shard),
    )
    .option('--durations <report>', 'an earlier report to balance the shards by, the same for all of them')
    .option('--expectations <file>', 'JSON file of known failures, which do not count')
    .option('--kill-table <file>', 'what "normgauge mutants --json" printed, to become part of the report')
    .option('--require', 'what is skipped counts as not having run (exit status 4)', false)
    .option('--json', 'print the report as JSON instead of a summary', false)
    .option('--quiet', 'print nothing but errors', false);
}

function program(finish: (status: number) => void): Command {
  const root = new Command('normgauge')
    .description('The go/no-go gauge for BatchNorm kernels.')
    .version(toolVersion())
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      `
Exit status: 0 good; 1 a check failed; 2 the command or its input made no sense;
3 a measurement was invalid or inconclusive; 4 something asked for could not run; 130 stopped by Ctrl-C.`,
    );
  const suiteCommands = [
    suiteCommand('run', 'verify and benchmark; write report.json and index.html'),
    suiteCommand('verify', 'correctness, gradients, side effects'),
    suiteCommand('bench', 'verify, then time what passed'),
  ];
  for (const command of suiteCommands) {
    if (command.name() === 'verify') command.addOption(certificateOption());
    if (command.name() === 'bench') command.addOption(budgetOption());
    command.action(async (options: SuiteOptions & { readonly certificate?: string }) => {
      // Loaded only now: what is wrong with a command line is said before mathjs is there.
      if (options.certificate !== undefined) {
        const { runRecheck } = await import('./commands/runRecheck.ts');
        return finish(await runRecheck({ ...options, certificate: options.certificate }));
      }
      const { runSuite } = await import('./commands/runSuite.ts');
      return finish(await runSuite(command.name() as 'run', options));
    });
    root.addCommand(command);
  }
  root.addCommand(vectorsCommand(finish));
  root.addCommand(referenceCheckCommand(finish));
  root.addCommand(explainCommand(finish));
  root.addCommand(mutantsCommand(finish));
  root.addCommand(reportCommand(finish));
  root.addCommand(gateCommand(finish));
  root.addCommand(compareCommand(finish));
  root.addCommand(mergeCommand(finish));
  root.addCommand(dashboardCommand(finish));
  root
    .command('list')
    .description('print what there is')
    .addArgument(new Argument('<what>').choices(lists))
    .addOption(suiteOption())
    .addOption(caseOption())
    .option('--json', 'as JSON', false)
    .action((what: (typeof lists)[number], options: ListOptions) => {
      process.stdout.write(`${list(what, options)}\n`);
      finish(exitStatus.good);
    });
  return root;
}

function forEveryCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEveryCommand(child, visit);
}

/** Runs one command line and returns its exit status; messages go to standard error. */
export async function main(argv: readonly string[]): Promise<number> {
  let status: number = exitStatus.usage;
  const root = program((code) => {
    status = code;
  });
  forEveryCommand(root, (command) => command.exitOverride().allowExcessArguments(false));
  try {
    if (argv.length === 0) root.help({ error: true });
    await root.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.good : exitStatus.usage;
    if (error instanceof UsageError) {
      process.stderr.write(`normgauge: ${error.message}\n`);
      return exitStatus.usage;
    }
    process.stderr.write(`normgauge: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return exitStatus.couldNotRun;
  }
}
