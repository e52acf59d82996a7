import { elementsPerChannel, type Problem } from '@normgauge/contract';
import { all, create, type EvalFunction, type MathJsInstance } from 'mathjs';
import { type Channel, countedBy } from './channel.ts';
import { channelwise } from './channelwise.ts';
import { notDifferentiable, notFinite, withOwnStatistics } from './differentiable.ts';
import type { Oracle, Statement } from './oracle.ts';

const math: MathJsInstance = create(all!);

/**
 * Forward written out as text for m elements x0, x1, …. g and b are gamma and beta, rm and rv the running statistics,
 * v0, v1, … the gradient dy, w the weight of the new statistic.
 */
interface Formulas {
  readonly y: readonly string[];
  readonly mean: string;
  readonly squares: string;
  readonly invStd: string;
  /** Σdy·y. */
  readonly loss: string;
}

function formulasOf({ op, shape, convention }: Problem): Formulas {
  const m = elementsPerChannel(shape);
  const x = Array.from({ length: m }, (_, i) => `x${i}`);
  const frozen = op === 'inference' || op === 'backward-frozen';
  const mean = frozen ? 'rm' : `((${x.join(' + ')}) / m)`;
  const squares = `(${x.map((xi) => `(${xi} - ${mean})^2`).join(' + ')})`;
  const variance = frozen ? 'rv' : `${squares} / d`;
  const invStd =
    convention.epsPlacement === 'inside-sqrt' ? `1 / sqrt(${variance} + eps)` : `1 / (sqrt(${variance}) + eps)`;
  const y = x.map((xi) => `(g * (${xi} - ${mean}) * (${invStd}) + b)`);
  return { y, mean, squares, invStd, loss: y.map((yi, i) => `v${i} * ${yi}`).join(' + ') };
}

const compiled = new Map<string, EvalFunction>();

/** The formula, or its derivative by a variable, compiled once. */
function compile(formula: string, variable?: string): EvalFunction {
  const key = `${variable ?? ''}: ${formula}`;
  const known = compiled.get(key);
  if (known) return known;
  const tree = variable === undefined ? math.parse(formula) : math.derivative(formula, variable, { simplify: false });
  const code = tree.compile();
  compiled.set(key, code);
  return code;
}

function scopeOf(problem: Problem, channel: Channel): Record<string, number> {
  const { x, dy, gamma, beta, runningMean, runningVar, weight } = channel;
  const { eps, normalizeDivisor, runningDivisor } = problem.convention;
  return {
    ...Object.fromEntries(x.map((value, i) => [`x${i}`, value])),
    ...Object.fromEntries(dy.map((value, i) => [`v${i}`, value])),
    m: x.length,
    d: countedBy(normalizeDivisor, x.length, problem),
    dr: countedBy(runningDivisor, x.length, problem),
    eps,
    g: gamma,
    b: beta,
    rm: runningMean,
    rv: runningVar,
    w: weight,
  };
}

function values(problem: Problem, channel: Channel): Statement[] {
  const { y, mean, squares, invStd } = formulasOf(problem);
  const scope = scopeOf(problem, channel);
  const evaluate = (formula: string): number => Number(compile(formula).evaluate(scope));
  const statements = y.map((formula, i): Statement => ({ tensor: 'y', i, value: evaluate(formula) }));
  if (problem.op === 'inference') return statements;
  return [
    ...statements,
    { tensor: 'mean', i: 0, value: evaluate(mean) },
    { tensor: 'invStd', i: 0, value: evaluate(invStd) },
    { tensor: 'runningMean', i: 0, value: evaluate(`(1 - w) * rm + w * ${mean}`) },
    { tensor: 'runningVar', i: 0, value: evaluate(`(1 - w) * rv + w * ${squares} / dr`) },
  ];
}

function gradient(problem: Problem, channel: Channel): Statement[] {
  const { loss } = formulasOf(problem);
  const scope = scopeOf(problem, channel);
  const slope = (variable: string): number => Number(compile(loss, variable).evaluate(scope));
  const dx = channel.x.map((_, i): Statement => ({ tensor: 'dx', i, value: slope(`x${i}`) }));
  if (!problem.affine) return dx;
  return [...dx, { tensor: 'dGamma', i: 0, value: slope('g') }, { tensor: 'dBeta', i: 0, value: slope('b') }];
}

const isGradient = ({ op }: Problem): boolean => op === 'backward' || op === 'backward-frozen';

/** The written-out loss of more elements grows with m³. */
const largestM = 4;

/** Symbolic: no calculus by hand. mathjs differentiates the text of the formula by its own rules. */
export const symbolic: Oracle = channelwise({
  id: 'symbolic',
  description:
    'the formula of forward written out as text for m ≤ 4 and, for gradients, differentiated by mathjs derivative; at most 8 channels',
  bound: 1e-12,
  mostChannels: 8,
  roundedMean: true,
  silentOn: ({ shape }) =>
    elementsPerChannel(shape) > largestM ? `the formula is written out for m ≤ ${largestM} only` : undefined,
  silentOnChannel: (problem, channel) =>
    isGradient(problem) ? notDifferentiable(problem, channel) : notFinite(problem, channel),
  prepare: withOwnStatistics,
  speak: (problem, channel) => (isGradient(problem) ? gradient(problem, channel) : values(problem, channel)),
});
