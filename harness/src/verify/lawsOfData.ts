import { inputsOf, outputsOf, type Problem, type TensorName } from '@normgauge/contract';
import { normal, type Uniform } from '../cases/random.ts';
import { type Court, channelNumber, compareOutput, type Ruling } from './court.ts';
import { u } from './facts.ts';
import { gridOf, shifted } from './grid.ts';
import { prepareSet } from './prepare.ts';

/** The two halves of dy, element by element by lot; zeros elsewhere, so that their sum is exact. */
function halvesOf(dy: Float32Array, uniform: Uniform): readonly [Float32Array, Float32Array] {
  const first = dy.map((value) => (uniform() < 0.5 ? value : 0));
  return [first, dy.map((value, i) => (first[i] === 0 ? value : 0))];
}

/** dx, dGamma and dBeta are linear in dy: of a sum, and of a multiple. */
export async function ruleOnLinearity(court: Court): Ruling {
  const { own, outputs } = court;
  const { problem } = own.row;
  if (!own.inputs.dy) return undefined;
  const halves = halvesOf(own.inputs.dy, court.uniform).map((dy) =>
    prepareSet(own.row, own.seed, { ...own.inputs, dy }),
  );
  const scaled = { ...own.inputs, dy: own.inputs.dy.map((value) => -4 * value) };
  const [first, second, times] = await court.run(problem, [...halves.map(({ inputs }) => inputs), scaled]);
  return outputsOf(problem).flatMap(({ name }) => {
    const [whole, a, b] = [own, ...halves].map((set) => court.allowed(set, name));
    const sum = compareOutput(
      problem,
      name,
      outputs[name]!,
      (i) => first![name]![i]! + second![name]![i]!,
      (i) => whole![i]! + a![i]! + b![i]!,
    ).map((text) => `of the sum of two dy, ${text}`);
    const product = compareOutput(
      problem,
      name,
      times![name]!,
      (i) => -4 * outputs[name]![i]!,
      (i) => 8 * whole![i]!,
    ).map((text) => `of −4 times dy, ${text}`);
    return [...sum, ...product];
  });
}

/** Other data in every second channel; the others may not change by a bit. */
export async function ruleOnIndependence(court: Court): Ruling {
  const { own, outputs } = court;
  const { problem } = own.row;
  if (problem.shape.c < 2) return undefined;
  const disturbed = [0, 1].map((parity) => {
    const inputs = Object.fromEntries(
      inputsOf(problem).map(({ name, extent }) => {
        const change = disturbance(name, court.uniform);
        const touches = (i: number): boolean => extent !== 'scalar' && channelNumber(problem, extent, i) % 2 === parity;
        return [name, own.inputs[name]!.map((value, i) => (touches(i) ? change(value) : value))];
      }),
    );
    return { parity, inputs };
  });
  const got = await court.run(
    problem,
    disturbed.map(({ inputs }) => inputs),
  );
  return disturbed.flatMap(({ parity }, k) =>
    outputsOf(problem).flatMap(({ name, extent }) => {
      const allowed = court.allowed(own, name);
      const others = (i: number): boolean => channelNumber(problem, extent, i) % 2 !== parity;
      return compareOutput(
        problem,
        name,
        got[k]![name]!,
        (i) => (others(i) ? outputs[name]![i]! : got[k]![name]![i]!),
        (i) => (court.deterministic ? 0 : 2 * allowed[i]!),
      );
    }),
  );
}

/** mean, invStd and runningVar keep their meaning when x becomes 3x + 5; dy, gamma and beta become other numbers. */
function disturbance(name: TensorName, uniform: Uniform): (value: number) => number {
  switch (name) {
    case 'x':
    case 'mean':
    case 'runningMean':
      return (value) => 3 * value + 5;
    case 'invStd':
      return (value) => value / 3;
    case 'runningVar':
      return (value) => 9 * value;
    default:
      return (value) => 2 * value + normal(uniform);
  }
}

/** Sign, power of two and shift of a channel: x̂(a·x+b, a²ε) = sign(a)·x̂(x, ε). */
export async function ruleOnScale(court: Court): Ruling {
  const { own } = court;
  const grid = gridOf(own);
  const scaled = shifted(grid, -4);
  // A backend of one convention only knows no other eps: there the sign and the shift are left.
  const moved = (await court.supports(scaled.set.row.problem)) ? scaled : shifted(grid, -1);
  const { problem } = moved.set.row;
  const [before] = await court.run(grid.row.problem, [grid.inputs]);
  const [after] = await court.run(problem, [moved.set.inputs]);
  return outputsOf(problem).flatMap(({ name }) => {
    const { expected, factor } = moved.law(name, before![name]!);
    const ofGrid = court.allowed(grid, name);
    const ofMoved = court.allowed(moved.set, name);
    return compareOutput(problem, name, after![name]!, expected, (i) => ofMoved[i]! + factor * ofGrid[i]!);
  });
}

/** Inference with the mean and the invStd that training returned gives the y that training returned. */
export async function ruleOnInference(court: Court): Ruling {
  const { own, outputs } = court;
  const { problem } = own.row;
  const { eps, epsPlacement } = problem.convention;
  const inference: Problem = { ...problem, op: 'inference' };
  if (problem.op !== 'forward-training' || !(await court.supports(inference))) return undefined;
  const { runningMean: _mean, runningVar: _variance, batchesTracked: _count, ...rest } = own.inputs;
  const runningMean = outputs.mean!;
  const runningVar = outputs.invStd!.map((invStd) => {
    return epsPlacement === 'inside-sqrt' ? 1 / (invStd * invStd) - eps : (1 / invStd - eps) ** 2;
  });
  // Statistics that no channel has: the agreement says more about them than a law could.
  if (![...runningMean, ...runningVar].every(Number.isFinite) || runningVar.some((value) => value < 0))
    return undefined;
  const set = prepareSet({ ...own.row, problem: inference }, own.seed, { ...rest, runningMean, runningVar });
  const [got] = await court.run(inference, [set.inputs]);
  const ofTraining = court.allowed(own, 'y');
  const ofInference = court.allowed(set, 'y');
  const ofMean = runningMean.map((mean, c) => {
    return u * Math.abs((own.inputs.gamma?.[c] ?? 1) * outputs.invStd![c]! * mean);
  });
  return compareOutput(
    inference,
    'y',
    got!.y!,
    (i) => outputs.y![i]!,
    (i) => 2 * ofTraining[i]! + ofInference[i]! + ofMean[channelNumber(problem, 'full', i)]!,
  );
}
