import { inputsOf, outputsOf, type Problem, type TensorSlot } from '@normgauge/contract';
import type { Constant, Graph, Node, Value } from './model.ts';

/** Axes of a full tensor as it lies in memory. */
export function fullShape({ shape: { n, c, spatial }, layout }: Pick<Problem, 'shape' | 'layout'>): readonly number[] {
  return layout === 'nchw' ? [n, c, ...spatial] : [n, ...spatial, c];
}

/** Axes of a tensor of a problem. */
export function shapeOf(problem: Problem, { extent, length }: TensorSlot): readonly number[] {
  return extent === 'full' ? fullShape(problem) : [length];
}

/** BatchNormalization has its channels on axis 1: channels that are last are moved there and back, as a user must. */
function transpositions({ shape: { spatial }, layout }: Problem): {
  readonly nodes: readonly Node[];
  x: string;
  y: string;
} {
  if (layout === 'nchw' || spatial.length === 0) return { nodes: [], x: 'x', y: 'y' };
  const last = spatial.length + 1;
  const axes = spatial.map((_, axis) => axis + 1);
  return {
    x: 'xChannelsFirst',
    y: 'yChannelsFirst',
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['xChannelsFirst'], attributes: { perm: [0, last, ...axes] } },
      {
        op: 'Transpose',
        inputs: ['yChannelsFirst'],
        outputs: ['y'],
        attributes: { perm: [0, ...axes.map((axis) => axis + 1), 1] },
      },
    ],
  };
}

function affineConstants({ affine, shape: { c } }: Problem): readonly Constant[] {
  if (affine) return [];
  return [
    { name: 'gamma', values: Array.from({ length: c }, () => 1) },
    { name: 'beta', values: Array.from({ length: c }, () => 0) },
  ];
}

/**
 * Training: one BatchNormalization node with training_mode = 1, which puts out y and momentum·running + (1 − momentum)·batch.
 * It puts out no mean and no invStd, so its momentum is 0: then its running outputs are the batch's own mean and
 * variance, and nodes over C elements make invStd and the running statistics of them. Both are outputs of the model, so
 * that the runtime does not write them over its inputs: see docs/peers.md.
 */
function trainingNodes(
  { convention }: Problem,
  x: string,
  y: string,
): { nodes: readonly Node[]; constants: readonly Constant[] } {
  const w = convention.momentum as number;
  const moved = (running: string, batch: string): readonly Node[] => [
    { op: 'Mul', inputs: [running, 'keep'], outputs: [`${running}Kept`] },
    { op: 'Mul', inputs: [batch, 'take'], outputs: [`${batch}Taken`] },
    { op: 'Add', inputs: [`${running}Kept`, `${batch}Taken`], outputs: [`${running}Next`] },
  ];
  return {
    nodes: [
      {
        op: 'BatchNormalization',
        inputs: [x, 'gamma', 'beta', 'zeros', 'zeros'],
        outputs: [y, 'mean', 'variance'],
        attributes: { epsilon: convention.eps, momentum: 0, training_mode: { integer: 1 } },
      },
      { op: 'Add', inputs: ['variance', 'eps'], outputs: ['varianceAndEps'] },
      { op: 'Sqrt', inputs: ['varianceAndEps'], outputs: ['std'] },
      { op: 'Reciprocal', inputs: ['std'], outputs: ['invStd'] },
      ...moved('runningMean', 'mean'),
      ...moved('runningVar', 'variance'),
    ],
    constants: [
      { name: 'eps', values: [convention.eps] },
      { name: 'keep', values: [1 - w] },
      { name: 'take', values: [w] },
    ],
  };
}

function inferenceNode({ convention }: Problem, x: string, y: string): Node {
  return {
    op: 'BatchNormalization',
    inputs: [x, 'gamma', 'beta', 'runningMean', 'runningVar'],
    outputs: [y],
    attributes: { epsilon: convention.eps },
  };
}

/** Under which name the model puts out an output: a graph cannot write one of its inputs. */
export function outputName(name: TensorSlot['name']): string {
  return name === 'runningMean' || name === 'runningVar' ? `${name}Next` : name;
}

/** The problem as a graph around one BatchNormalization node; inputs and outputs bear the contract's names. */
export function graphOf(problem: Problem): Graph {
  const { nodes, x, y } = transpositions(problem);
  const training = problem.op === 'forward-training' ? trainingNodes(problem, x, y) : undefined;
  const zeros: Constant = { name: 'zeros', values: Array.from({ length: problem.shape.c }, () => 0) };
  const value = (slot: TensorSlot, name: string): Value => ({ name, shape: shapeOf(problem, slot) });
  return {
    inputs: inputsOf(problem).map((slot) => value(slot, slot.name)),
    outputs: [
      ...outputsOf(problem).map((slot) => value(slot, outputName(slot.name))),
      ...(training ? [{ name: 'variance', shape: [problem.shape.c] }] : []),
    ],
    nodes: [...nodes.slice(0, 1), ...(training?.nodes ?? [inferenceNode(problem, x, y)]), ...nodes.slice(1)],
    constants: [...affineConstants(problem), ...(training ? [zeros, ...training.constants] : [])],
  };
}
