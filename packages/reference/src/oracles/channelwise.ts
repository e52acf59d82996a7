import type { Problem, TensorName } from '@normgauge/contract';
import { compute } from '../compute.ts';
import type { RealTensors } from '../tensors.ts';
import { type Channel, channelsOf, evenly } from './channel.ts';
import { scalesOf } from './naturalScale.ts';
import { deviationOf, type Oracle, type OracleAgreement, type Statement } from './oracle.ts';

/** What tells one oracle from another; each speaks of one channel at a time. */
export interface ChannelOracle extends Pick<Oracle, 'id' | 'description' | 'bound'> {
  /** Most channels consulted: the first, the last and others evenly between. */
  readonly mostChannels: number;
  /** Whether the batch mean is rounded to float64 on its way here, be it its own or the one it prepares: see `scalesOf`. */
  readonly roundedMean: boolean;
  /** Why it has nothing to say about any channel of this problem; asked before anything is computed. */
  silentOn(problem: Problem): string | undefined;
  /** Why it has nothing to say about this channel. */
  silentOnChannel(problem: Problem, channel: Channel): string | undefined;
  /**
   * The channel as the reference is to see it. A derivative oracle puts the statistics of x, found by itself, in the
   * place of the saved ones, since only from those is backward the gradient of forward.
   */
  prepare(problem: Problem, channel: Channel): Channel;
  speak(problem: Problem, channel: Channel): readonly Statement[];
}

/** Makes an oracle of what is said channel by channel. */
export function channelwise(oracle: ChannelOracle): Oracle {
  const { id, description, bound } = oracle;
  return {
    id,
    description,
    bound,
    applies(problem: Problem, inputs: RealTensors): true | string {
      const silent = oracle.silentOn(problem);
      if (silent !== undefined) return silent;
      const reasons = channelsOf(problem, inputs).map((channel) => oracle.silentOnChannel(problem, channel));
      return reasons.includes(undefined) || reasons[0]!;
    },
    consult(problem: Problem, inputs: RealTensors, reference: typeof compute = compute): readonly OracleAgreement[] {
      if (oracle.silentOn(problem) !== undefined) return [];
      const heard = channelsOf(problem, inputs).filter((c) => oracle.silentOnChannel(problem, c) === undefined);
      const channels = evenly(heard.length, oracle.mostChannels).map((i) => oracle.prepare(problem, heard[i]!));
      if (channels.length === 0) return [];

      const outputs = reference(problem, { ...inputs, ...savedStatistics(problem, inputs, channels) });
      const worst = new Map<TensorName, OracleAgreement>();
      for (const channel of channels) {
        const scales = scalesOf(problem, channel, oracle.roundedMean);
        for (const { tensor, i, value } of oracle.speak(problem, channel)) {
          const scale = scales[tensor]!(i);
          const index = tensor === 'y' || tensor === 'dx' ? channel.indices[i]! : channel.c;
          const actual = outputs[tensor]?.[index];
          const deviation = actual === undefined ? Infinity : deviationOf(actual, value, scale);
          const before = worst.get(tensor);
          const elements = (before?.elements ?? 0) + 1;
          const here = {
            oracle: id,
            tensor,
            deviation,
            scale,
            index,
            reference: actual ?? Number.NaN,
            oracleValue: value,
          };
          worst.set(tensor, { ...(before && before.deviation >= deviation ? before : here), elements });
        }
      }
      return [...worst.values()];
    },
  };
}

/** mean and invStd of the consulted channels as `prepare` left them; nothing where the op has no such inputs. */
function savedStatistics({ op }: Problem, inputs: RealTensors, channels: readonly Channel[]): RealTensors {
  if (op !== 'backward') return {};
  const mean = Float64Array.from(inputs.mean!);
  const invStd = Float64Array.from(inputs.invStd!);
  for (const channel of channels) {
    mean[channel.c] = channel.mean;
    invStd[channel.c] = channel.invStd;
  }
  return { mean, invStd };
}
