import { outputsOf } from '@normgauge/contract';
import {
  type Fault,
  isObject,
  type Loose,
  listFault,
  openedFault,
  samplesFault,
  tensorsFault,
} from '../hosts/checkReply.ts';
import { type ArmsExchanges, arms, type RaceRequest, type ReadyRequest } from './arms.ts';

/*
 * As for the process of one backend: what comes back is looked at before anything is computed with it.
 */

function threwFault({ threw }: Loose): Fault {
  const { arm, name, message } = isObject(threw) ? threw : ({} as Loose);
  const known = (arms as readonly unknown[]).includes(arm) && typeof name === 'string' && typeof message === 'string';
  return known ? undefined : 'it does not say which arm threw what';
}

function outputsFault(
  reply: Loose,
  { problem, inputSets, order }: Pick<ReadyRequest, 'problem' | 'inputSets' | 'order'>,
): Fault {
  const slots = outputsOf(problem);
  return listFault('outputs', reply['outputs'], order.length, (sets, arm) =>
    listFault(`outputs[${arm}]`, sets, inputSets.length, (set, k) =>
      tensorsFault(`outputs[${arm}][${k}]`, set, slots, Float32Array, 0),
    ),
  );
}

function raceFault(reply: Loose, { order, arms: count }: RaceRequest): Fault {
  const { samples } = reply;
  const fault = listFault('samples', samples, count, (each, arm) => samplesFault(`samples[${arm}]`, each));
  if (fault !== undefined) return fault;
  const lists = samples as readonly { readonly milliseconds: Float64Array }[];
  const rounds = lists[0]!.milliseconds.length;
  if (rounds > order.length / count) return `there are ${rounds} rounds, more than were asked for`;
  if (lists.some(({ milliseconds }) => milliseconds.length !== rounds)) return 'one arm has other rounds than another';
  return lists.some(({ milliseconds }) => !milliseconds.every((sample) => sample > 0))
    ? 'a sample took no time'
    : undefined;
}

const faultOf: { [K in keyof ArmsExchanges]: (reply: Loose, request: ArmsExchanges[K]['request']) => Fault } = {
  open: ({ opened }, request) =>
    listFault('opened', opened, request.arms.length, (each) =>
      isObject(each) ? openedFault(each) : 'an arm is missing',
    ),
  ready: outputsFault,
  race: raceFault,
  move: () => undefined,
  finish: outputsFault,
  close: () => undefined,
};

/** What is wrong with an answer of the arms, in words; undefined when it can be used. */
export function armsFault<K extends keyof ArmsExchanges>(
  kind: K,
  request: ArmsExchanges[K]['request'],
  reply: unknown,
): Fault {
  if (!isObject(reply)) return 'it is empty';
  return 'threw' in reply ? threwFault(reply) : faultOf[kind](reply, request);
}
