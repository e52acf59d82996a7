// First, before any backend can be loaded.
import '../../hosts/process/sample.ts';
import { register } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { Backend } from '@normgauge/contract';
import { describe, openFrom } from '../../hosts/process/open.ts';
import { serve } from '../../hosts/process/serve.ts';
import type { BackendSource } from '../../hosts/protocol.ts';
import type { Arm, ArmsExchanges, OpenArm, Threw } from '../arms.ts';
import { addressIn } from './instances.ts';
import { ArmError, type Contender, inArm, inOrder, Race } from './race.ts';
import { repeatingWork } from './repeating.ts';

/*
 * The process of a gate: base, head and base once more side by side, or one of them. As thin as that of one backend, and
 * trusted as little.
 */

/*
 * On-stack replacement compiles a function in the middle of a loop, from what was learned up to there, and it is chance
 * where that is. The same JavaScript then runs at one of two speeds for the life of a process: a plain kernel was 1.6 times
 * slower in one instance of six. Without it a function is compiled when it is called, and all instances are alike.
 */
setFlagsFromString('--no-use-osr');

const ours = new URL('../../backends.js', import.meta.url).href;

let asked: readonly OpenArm[] = [];
let contenders: readonly Contender[] = [];
let race: Race | undefined;

/** The same backend as a module instance of this arm's own. */
function instance(arm: Arm, source: BackendSource): BackendSource {
  const { url, ...rest } = source.kind === 'own' ? { ...source, kind: 'listed' as const, url: ours } : source;
  return { ...rest, url: addressIn(arm, url) } as BackendSource;
}

async function open({ arm, source, extraWork }: OpenArm): Promise<Backend> {
  const backend = await openFrom(instance(arm, source));
  return extraWork > 0 ? repeatingWork(backend, extraWork) : backend;
}

/** What an arm throws is an answer; what anything else throws is not. */
async function orThrew<T>(work: () => Promise<T>): Promise<T | Threw> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    const { arm, message, cause } = error;
    const { name, reason } = (cause ?? {}) as { readonly name?: unknown; readonly reason?: unknown };
    const unavailable = name === 'BackendUnavailableError' && reason !== undefined;
    return { threw: { arm, name: String(name ?? 'Error'), message: unavailable ? String(reason) : message } };
  }
}

async function openAll(order: readonly number[]): Promise<void> {
  contenders = await inOrder(order, async (k) => {
    const each = asked[k]!;
    return { arm: each.arm, backend: await inArm(each.arm, () => open(each)) };
  });
}

serve<ArmsExchanges>({
  open: (request) =>
    orThrew(async () => {
      asked = request.arms;
      await openAll(request.order);
      return { opened: contenders.map(({ backend }) => describe(backend)) };
    }),
  ready: (request) =>
    orThrew(async () => {
      await race?.close();
      race = await Race.begin(contenders, request);
      // Before the warm-up: a kernel that is right once only shows the difference at the end.
      const outputs = await race.outputs();
      await race.warmUp(request);
      return { outputs };
    }),
  race: (request) => orThrew(async () => ({ samples: await race!.race(request) })),
  move: ({ order }) =>
    orThrew(async () => {
      await race!.close();
      for (const { arm, backend } of contenders) await inArm(arm, async () => backend.close?.());
      await openAll(order);
      race = await race!.among(contenders, order);
      return {};
    }),
  finish: () => orThrew(async () => ({ outputs: await race!.outputs() })),
  async close() {
    await race?.close();
    for (const { backend } of contenders) await backend.close?.();
    return {};
  },
});
// After the hook that finds the contract, so that it sees what that one found.
register('./instances.js', import.meta.url);
