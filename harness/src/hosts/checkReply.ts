import { inputsOf, outputsOf, type Problem, type TensorSlot } from '@normgauge/contract';
import type { ExchangeKind, Exchanges, ExecuteRequest, Samples, ScriptRequest, Step, TimeRequest } from './protocol.ts';

/*
 * A backend shares its process with the code that answers for it, and may have changed what that code is made of. What
 * comes back is therefore looked at before anything is computed with it: is it there, of the right type and length?
 * Whether the numbers in it are right is another question.
 */

export type Loose = { readonly [field: string]: unknown };

/** The first thing that is wrong, in words; undefined when nothing is. */
export type Fault = string | undefined;

export const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function first<T>(items: readonly T[], faultIn: (item: T, k: number) => Fault): Fault {
  for (const [k, item] of items.entries()) {
    const fault = faultIn(item, k);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Exactly the tensors of these slots, each of this type and with so many elements of guard zone on either side. */
export function tensorsFault(
  what: string,
  value: unknown,
  slots: readonly TensorSlot[],
  type: typeof Uint32Array | typeof Float32Array,
  guard: number,
): Fault {
  if (!isObject(value)) return `${what} is missing`;
  const other = Object.keys(value).find((key) => !slots.some(({ name }) => name === key));
  if (other !== undefined) return `${what} has a tensor ${other} that nobody asked for`;
  return first(slots, ({ name, length }) => {
    const tensor = value[name];
    const wanted = length + 2 * guard;
    if (!(tensor instanceof type)) return `${what}.${name} is no ${type.name}`;
    return tensor.length === wanted ? undefined : `${what}.${name} has ${tensor.length} elements, not ${wanted}`;
  });
}

export function listFault(
  what: string,
  value: unknown,
  wanted: number,
  faultIn: (item: unknown, k: number) => Fault,
): Fault {
  if (!Array.isArray(value) || value.length !== wanted) return `${what} is no list of ${wanted}`;
  return first(value, faultIn);
}

export function openedFault(reply: Loose): Fault {
  const { device, declared } = reply;
  if (!isText(reply['id'])) return 'id is no text';
  if (!isText(reply['version'])) return 'version is no text';
  if (!isObject(declared) || typeof declared['declaresDepth'] !== 'boolean') return 'declared is missing';
  if (device === undefined) return undefined;
  const { kind, name, software, details } = isObject(device) ? device : {};
  const isDevice =
    (kind === 'cpu' || kind === 'gpu') &&
    isText(name) &&
    typeof software === 'boolean' &&
    isObject(details) &&
    Object.values(details).every((detail) => typeof detail === 'string');
  return isDevice ? undefined : 'device has not the fields that the contract gives it';
}

function executeFault(reply: Loose, { problem, inputSets, guard, repeat }: ExecuteRequest): Fault {
  const outputs = outputsOf(problem);
  return (
    listFault('outputs', reply['outputs'], inputSets.length, (set, k) =>
      tensorsFault(`outputs[${k}]`, set, outputs, Uint32Array, guard),
    ) ??
    (repeat ? tensorsFault('repeated', reply['repeated'], outputs, Uint32Array, guard) : undefined) ??
    tensorsFault('inputsAfter', reply['inputsAfter'], inputsOf(problem), Uint32Array, guard)
  );
}

/** The slots that each read and look of a script fills, in order. */
function slotsRead(steps: readonly Step[]): readonly (readonly TensorSlot[])[] {
  const problems = new Map<number, Problem>();
  const reads: (readonly TensorSlot[])[] = [];
  const follow = (step: Step): void => {
    if (step.act === 'open') problems.set(step.plan, step.problem);
    else if (step.act === 'look') reads.push(reads[step.read]!);
    else if (step.act === 'together') step.steps.forEach(follow);
    else if (step.act === 'read') {
      reads.push(outputsOf(problems.get(step.plan)!).filter(({ name }) => step.only.includes(name)));
    }
  };
  steps.forEach(follow);
  return reads;
}

function scriptFault(reply: Loose, { steps, guard }: ScriptRequest): Fault {
  const wanted = slotsRead(steps);
  const misuses = steps.filter(({ act }) => act === 'misuse').length;
  return (
    listFault('reads', reply['reads'], wanted.length, (read, k) =>
      tensorsFault(`reads[${k}]`, read, wanted[k]!, Uint32Array, guard),
    ) ??
    listFault('refusals', reply['refusals'], misuses, (refusal, k) =>
      refusal === undefined || typeof refusal === 'string' ? undefined : `refusals[${k}] is no text`,
    )
  );
}

export function samplesFault(what: string, value: unknown): Fault {
  if (!isObject(value)) return `${what} is missing`;
  const { milliseconds, callsPerSample, preempted } = value;
  if (!(milliseconds instanceof Float64Array) || milliseconds.length === 0) return `${what} has no samples`;
  if (!milliseconds.every((sample) => Number.isFinite(sample) && sample >= 0))
    return `${what} has a sample that is no time`;
  if (!Number.isSafeInteger(callsPerSample) || (callsPerSample as number) < 1) return `${what} has no count of calls`;
  const paired = preempted instanceof Uint8Array && preempted.length === milliseconds.length;
  return paired ? undefined : `${what} does not say which samples were disturbed`;
}

function clockedFault(what: string, value: unknown): Fault {
  if (!isObject(value)) return `${what} is missing`;
  const { nanoseconds, milliseconds, callsPerSample } = value;
  const areTimes = (list: unknown): list is Float64Array =>
    list instanceof Float64Array && list.length > 0 && list.every((time) => Number.isFinite(time) && time > 0);
  if (!areTimes(nanoseconds) || !areTimes(milliseconds)) return `${what} has a sample that is no time`;
  if (nanoseconds.length !== milliseconds.length) return `${what} has samples by one clock only`;
  if (!Number.isSafeInteger(callsPerSample) || (callsPerSample as number) < 1) return `${what} has no count of calls`;
  return undefined;
}

function deviceFault(device: unknown): Fault {
  if (device === undefined) return undefined;
  if (!isObject(device)) return 'device is no set of samples';
  const { quantum } = device;
  if (typeof quantum !== 'number' || !(quantum >= 0 && quantum < Number.POSITIVE_INFINITY)) {
    return 'device.quantum is no time';
  }
  return first(['run', 'copy'], (work) => clockedFault(`device.${work}`, device[work]));
}

/** Of samples that `samplesFault` finds no fault with. */
function placesFault({ places, stays, resident, copy }: Loose): Fault {
  if (stays !== undefined && stays !== 'dear' && stays !== 'lost') return 'stays is no reason';
  if (!Array.isArray(places) || !places.every((taken) => Number.isSafeInteger(taken) && taken > 0)) {
    return 'places is no list of how many samples each had';
  }
  const sum = places.reduce((total: number, taken: number) => total + taken, 0);
  const all = [resident, copy] as readonly Samples[];
  return all.every(({ milliseconds }) => milliseconds.length === sum)
    ? undefined
    : `places has ${sum} samples, and there are others`;
}

function timeFault(reply: Loose, { problem, inputSets }: TimeRequest): Fault {
  const { copiedBy } = reply;
  if (copiedBy !== 'harness' && copiedBy !== 'backend') return 'copiedBy names nobody';
  const { cores } = reply;
  if (typeof cores !== 'number' || !(cores >= 0 && cores < 2 ** 16)) return 'cores is no number of cores';
  return (
    first(['resident', 'copy', 'endToEnd'], (name) => samplesFault(name, reply[name])) ??
    placesFault(reply) ??
    deviceFault(reply['device']) ??
    listFault('outputs', reply['outputs'], inputSets.length, (set, k) =>
      tensorsFault(`outputs[${k}]`, set, outputsOf(problem), Float32Array, 0),
    )
  );
}

function supportsFault({ supported, depth }: Loose): Fault {
  if (supported !== true && !isText(supported)) return 'supported is neither true nor a reason';
  if (depth !== undefined && !(typeof depth === 'number' && depth >= 0)) return 'depth is no number ≥ 0';
  return undefined;
}

const faultOf: { [K in ExchangeKind]: (reply: Loose, request: Exchanges[K]['request']) => Fault } = {
  open: openedFault,
  supports: supportsFault,
  execute: executeFault,
  script: scriptFault,
  time: timeFault,
  move: () => undefined,
  settle: () => undefined,
  close: () => undefined,
};

/** What is wrong with an answer to a request, in words; undefined when it can be used. */
export function replyFault<K extends ExchangeKind>(kind: K, request: Exchanges[K]['request'], reply: unknown): Fault {
  return isObject(reply) ? faultOf[kind](reply, request) : 'it is empty';
}
