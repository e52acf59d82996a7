import type { ProtocolCheck } from '@normgauge/reports';
import { type LimitsOf, limitsOnce } from './agreement.ts';
import { ordersFor } from './applies.ts';
import { orders } from './orders.ts';
import type { Prepared } from './prepare.ts';
import { check } from './protocol.ts';
import type { Script } from './script.ts';
import { during, KernelFault, type Subject } from './subject.ts';
import { type Variation, variationsOf } from './variations.ts';

/**
 * Calls the subject in the orders that the case is tried in. Asked only of one that is right when it is called once.
 *
 * @param depth the depth that the subject declares for the case's number of elements per channel
 */
export async function checkOrders(
  prepared: Prepared,
  subject: Subject,
  depth: number | undefined,
): Promise<readonly ProtocolCheck[]> {
  const asked = await ordersFor(prepared.row, subject);
  const chosen = orders.filter(({ costly, large }) => {
    return asked === 'all' || (asked === 'cheap' && !costly) || (asked === 'large' && large);
  });
  if (chosen.length === 0) return [];
  const { other, touched, flags } = variationsOf(prepared);
  const limits = limitsOnce(subject, depth);
  const known = asked === 'all' ? await supportedOf(flags(), subject) : [];
  const material = { own: prepared, other, touched, flags: known };
  const checks: ProtocolCheck[] = [];
  for (const { name, script } of chosen) checks.push(await perform(name, script(material), subject, limits));
  return checks;
}

async function supportedOf(flags: readonly Variation[], subject: Subject): Promise<readonly Variation[]> {
  const supported: Variation[] = [];
  for (const flag of flags) {
    if ((await subject.supports(flag.set.row.problem)).supported === true) supported.push(flag);
  }
  return supported;
}

async function perform(name: string, script: Script, subject: Subject, limits: LimitsOf): Promise<ProtocolCheck> {
  try {
    const reply = await during(name, () => subject.script(script.request()));
    const wrong = script.judge(reply, subject, limits);
    return check(name, wrong.slice(0, 1));
  } catch (error) {
    if (error instanceof KernelFault) return { name, passed: false, message: error.message };
    throw error;
  }
}
