import { Command, Option } from 'commander';
import { suites } from '../cases/suites.ts';
import { UsageError } from '../usageError.ts';
import { collect, seconds, wholeNumber } from './optionValues.ts';
import type { CalibrateOptions } from './runCalibrate.ts';
import type { GateOptions } from './runGate.ts';
import type { RuntimeOptions } from './runtimes.ts';

/** What calibration measures is the arms side by side in one process. */
function refuseOwnProcesses({ node, nodeFlags, baseNode, baseNodeFlags, apart }: RuntimeOptions): void {
  const given = Object.entries({
    '--node': node,
    '--node-flags': nodeFlags,
    '--base-node': baseNode,
    '--base-node-flags': baseNodeFlags,
    '--apart': apart || undefined,
  }).find(([, value]) => value !== undefined);
  if (given) throw new UsageError(`--calibrate measures arms that share a process: leave ${given[0]} out`);
}

/** `normgauge gate`. */
export function gateCommand(finish: (status: number) => void): Command {
  return new Command('gate')
    .description('compare with another state of the code, side by side: as right, as accurate, as fast?')
    .option('--base <ref or path>', 'what to compare with: a git ref, a built directory, or a packed tarball')
    .option('--head <ref or path>', 'what is compared, of the same kinds (default: the work tree as it is built)')
    .addOption(
      new Option('--backend <id or path>', 'one of ours or a module that exports openBackend; may be repeated')
        .argParser(collect)
        .default([], 'all of ours'),
    )
    .addOption(
      new Option('--case <address>', 'prefix, glob or full address; may be repeated')
        .argParser(collect)
        .default([], 'all of the suite'),
    )
    .addOption(
      new Option('--suite <name>', 'which table of cases; those that it times are compared')
        .choices(suites.map(({ name }) => name))
        .default('standard'),
    )
    .option('--verify-all', 'also verify, on both sides, the cases that the suite does not time', false)
    .addOption(new Option('--seed <integer>', 'the data is drawn from it').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--budget <seconds>', 'rounds of one case in one process, after which the next look is the last')
        .argParser(seconds)
        .default(10),
    )
    .addOption(
      new Option('--time-limit <seconds>', 'for one request to a backend, after which its process is ended')
        .argParser(seconds)
        .default(30),
    )
    .option('--node <path>', 'a Node that runs head (default: the one that runs this)')
    .option('--node-flags <flags>', 'flags of the Node that runs head, such as "--no-opt --max-lazy"')
    .option('--base-node <path>', 'a Node that runs base (default: the one that runs this)')
    .option('--base-node-flags <flags>', 'flags of the Node that runs base')
    .option('--apart', 'a process for each side, in turns; so it is where one of the four above is given', false)
    .option(
      '--margins <file>',
      'how much slower is too much, by case (default: normgauge.gate.json where there is one)',
    )
    .option('--allow-dirty', 'compare a work tree with changes that are in no commit', false)
    .option('--calibrate', 'measure how often the gate itself errs on this machine, and keep the table', false)
    .addOption(
      new Option('--trials <count>', 'of --calibrate: with unchanged code; a third as many of +3, +5 and +10 %')
        .argParser(wholeNumber)
        .default(300),
    )
    .option('--out <folder>', 'where gate.json, gate.md and gate.html go', 'reports/out/gate')
    .option('--json', 'print the report as JSON instead of a summary', false)
    .option('--quiet', 'print nothing but errors', false)
    .action(async (options: CalibrateOptions & Omit<GateOptions, 'base'> & { base?: string; calibrate: boolean }) => {
      const { base } = options;
      // Loaded only now: what is wrong with a command line is said before mathjs is there.
      if (options.calibrate) {
        if (base !== undefined) throw new UsageError('--calibrate compares a backend with itself: leave --base out');
        refuseOwnProcesses(options);
        const { runCalibrate } = await import('./runCalibrate.ts');
        return finish(await runCalibrate(options));
      }
      if (base === undefined) throw new UsageError('gate: say what to compare with (--base), or --calibrate');
      const { runGate } = await import('./runGate.ts');
      return finish(await runGate({ ...options, base }));
    });
}
