import type { Tensors } from '@normgauge/contract';
import type { ProtocolCheck } from '@normgauge/reports';
import { seedOf, uniformFrom } from '../cases/random.ts';
import { limitsOnce } from './agreement.ts';
import { isHeldToLaws } from './applies.ts';
import type { Court, Ruling } from './court.ts';
import { ruleOnIndependence, ruleOnInference, ruleOnLinearity, ruleOnScale } from './lawsOfData.ts';
import { ruleOnChannels, ruleOnLayout, ruleOnPermutation } from './lawsOfOrder.ts';
import type { Prepared } from './prepare.ts';
import { check, guard, poison, tensorsIn } from './protocol.ts';
import { during, KernelFault, type Subject } from './subject.ts';
import { projectionOfDx, sumOfDx } from './sumsOfDx.ts';

/*
 * What holds for every BatchNorm whatever its numbers: results of a backend are compared with other results of the same
 * backend. The laws and what rounding may break of them are derived in docs/numerics.md, section 8. Where a law relates
 * two results, each of them may be off by its own allowed error.
 */

interface Law {
  readonly name: string;
  /** Asks for no further call. */
  readonly free?: true;
  rule(court: Court): Ruling;
}

/** Every law, one row of the report each. */
const laws: readonly Law[] = [
  { name: 'law-dx-sum', free: true, rule: async (court) => sumOfDx(court) },
  { name: 'law-dx-projection', free: true, rule: async (court) => projectionOfDx(court) },
  { name: 'law-scale-and-shift', rule: ruleOnScale },
  { name: 'law-linear-in-dy', rule: ruleOnLinearity },
  { name: 'law-permutation', rule: ruleOnPermutation },
  { name: 'law-channels', rule: ruleOnChannels },
  { name: 'law-layout', rule: ruleOnLayout },
  { name: 'law-training-is-inference', rule: ruleOnInference },
  { name: 'law-channel-independence', rule: ruleOnIndependence },
];

/**
 * Holds the subject to the laws that say something about the case.
 *
 * @param outputs what the subject returned for the case
 * @param depth the depth that the subject declares for the case's number of elements per channel
 * @param agrees false when the agreement has failed already: then only the laws that ask for no further call are read
 */
export async function checkLaws(
  prepared: Prepared,
  subject: Subject,
  outputs: Tensors,
  depth: number | undefined,
  agrees: boolean,
): Promise<readonly ProtocolCheck[]> {
  if (!isHeldToLaws(prepared.row)) return [];
  const limits = limitsOnce(subject, depth);
  const checks: ProtocolCheck[] = [];
  for (const { name, free, rule } of laws) {
    if (!agrees && !free) continue;
    const uniform = uniformFrom(seedOf(prepared.seed, name, prepared.row.id));
    const court: Court = {
      own: prepared,
      outputs,
      uniform,
      deterministic: subject.declared.deterministic ?? true,
      allowed: (set, tensor) => limits(set)(tensor).verdict,
      supports: async (problem) => (await subject.supports(problem)).supported === true,
      async run(problem, inputSets) {
        const reply = await subject.execute({ problem, inputSets, guard, poison, repeat: false });
        return reply.outputs.map((guarded) => tensorsIn(guarded));
      },
    };
    const ruling = await during(name, () => ruleOrFault(rule, court));
    if (ruling) checks.push(check(name, ruling.slice(0, 1)));
  }
  return checks;
}

async function ruleOrFault(rule: Law['rule'], court: Court): Ruling {
  try {
    return await rule(court);
  } catch (error) {
    if (error instanceof KernelFault) return [error.message];
    throw error;
  }
}
