import { Command, InvalidArgumentError, Option } from 'commander';
import { suites } from '../cases/suites.ts';
import { families } from '../mutants/mutant.ts';
import { collect, wholeNumber } from './optionValues.ts';
import type { MutantsOptions } from './runMutants.ts';

function family(text: string, earlier: readonly string[]): readonly string[] {
  const allowed = [...families, 'correct'];
  if (!allowed.includes(text)) throw new InvalidArgumentError(`expected one of ${allowed.join(', ')}.`);
  return [...earlier, text];
}

/** `normgauge mutants`. */
export function mutantsCommand(finish: (status: number) => void): Command {
  return new Command('mutants')
    .description('try the verifier on wrong kernels, which it must fail, and on right ones, which it must pass')
    .addOption(
      new Option('--suite <name>', 'which table of cases').choices(suites.map(({ name }) => name)).default('standard'),
    )
    .addOption(
      new Option('--case <address>', 'prefix, glob or full address; may be repeated')
        .argParser(collect)
        .default([], 'all of the suite'),
    )
    .addOption(
      new Option('--largest <elements>', 'leave larger cases out')
        .argParser(wholeNumber)
        .default(undefined, 'none, but for right kernels those above 130,000'),
    )
    .addOption(
      new Option('--family <name>', `${families.join(', ')} or correct; may be repeated`)
        .argParser(family)
        .default([], 'all'),
    )
    .addOption(
      new Option('--mutant <glob>', 'wrong or right ones with such an id; may be repeated')
        .argParser(collect)
        .default([], 'all'),
    )
    .addOption(new Option('--seed <integer>', 'the data is drawn from it').argParser(wholeNumber).default(1))
    .option(
      '--corpus <module>',
      'kernels of another corpus instead of ours; it runs in this very process, so only one that you trust',
    )
    .option('--diagnose', 'also say which cause the diagnosis names, and how often it is the right one', false)
    .option('--thorough', 'every case on every mutant, in every order of calls, dead or not', false)
    .option('--json', 'print the kill table as JSON', false)
    .option('--quiet', 'print nothing but what is wrong', false)
    .action(async (options: MutantsOptions) => {
      // Loaded only now: what is wrong with a command line is said before mathjs is there.
      const { runMutants } = await import('./runMutants.ts');
      finish(await runMutants(options));
    });
}
