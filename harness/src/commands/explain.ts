import { Command, Option } from 'commander';
import { collect, wholeNumber } from './optionValues.ts';
import type { ExplainOptions } from './runExplain.ts';

/** `normgauge explain`. */
export function explainCommand(finish: (status: number) => void): Command {
  return new Command('explain')
    .description('one backend, one case: errors by stage, worst elements, a map of the errors, and the likely cause')
    .addOption(
      new Option('--backend <id or path>', 'one of ours or a module that exports openBackend').makeOptionMandatory(),
    )
    .addOption(
      new Option('--case <address>', 'a full address, or a prefix or glob that selects one case').makeOptionMandatory(),
    )
    .addOption(new Option('--suite <name>', 'the table in which a prefix or glob is looked for').default('standard'))
    .addOption(
      new Option('--convention <name or record>', 'try the case under this convention instead')
        .argParser(collect)
        .default([], 'as the case says'),
    )
    .addOption(new Option('--seed <integer>', 'the data is drawn from it').argParser(wholeNumber).default(1))
    .option('--json', 'print it as JSON', false)
    .action(async (options: ExplainOptions) => {
      // Loaded only now: what is wrong with a command line is said before mathjs is there.
      const { runExplain } = await import('./runExplain.ts');
      finish(await runExplain(options));
    });
}
