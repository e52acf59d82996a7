import { formatVersion, type Mode, type PublishedOutputs, type VectorCase } from './format.ts';
import { type SchemaFault, show } from './schemaErrors.ts';

type InputName = 'x' | 'dy' | 'mean' | 'variance' | 'saved_mean' | 'saved_inv_std' | 'gamma' | 'beta';
type OutputName = keyof PublishedOutputs;

/** Which tensors a mode has, beside x, gamma and beta. */
const tensorsOf: {
  readonly [mode in Mode]: {
    readonly needs: readonly InputName[];
    readonly may: readonly InputName[];
    readonly gives: readonly OutputName[];
  };
} = {
  inference: { needs: ['mean', 'variance'], may: ['beta'], gives: ['y'] },
  training: {
    needs: [],
    may: ['mean', 'variance', 'beta'],
    gives: ['y', 'running_mean', 'running_var', 'batch_mean', 'batch_var', 'inv_std'],
  },
  backward: { needs: ['dy'], may: ['saved_mean', 'saved_inv_std', 'beta'], gives: ['dx', 'dgamma', 'dbeta'] },
  'backward-frozen': { needs: ['dy', 'mean', 'variance'], may: ['beta'], gives: ['dx', 'dgamma', 'dbeta'] },
};

const inputNames: readonly InputName[] = [
  'x',
  'dy',
  'mean',
  'variance',
  'saved_mean',
  'saved_inv_std',
  'gamma',
  'beta',
];
const trainingOnly = ['momentum', 'momentum_convention', 'running_variance_divisor', 'batches_tracked'] as const;
const isFull = (name: InputName | OutputName): boolean => ['x', 'dy', 'y', 'dx'].includes(name);

/** The channel axis counted from the front. */
export function axisOf({ axis, shape }: Pick<VectorCase, 'axis' | 'shape'>): number {
  return axis < 0 ? axis + shape.length : axis;
}

function checkAxis(row: VectorCase): SchemaFault | undefined {
  const { shape, layout, axis } = row;
  const front = axisOf(row);
  if (!(front >= 0 && front < shape.length)) {
    const expected = `an axis of a tensor of rank ${shape.length}, ${-shape.length} to ${shape.length - 1}`;
    return { path: '.axis', expected, got: show(axis) };
  }
  if (layout === undefined || (layout.length === shape.length && layout.indexOf('C') === front)) return undefined;
  return { path: '.layout', expected: `${shape.length} letters with the C at axis ${front}`, got: show(layout) };
}

function checkPresence(row: VectorCase): SchemaFault | undefined {
  const { needs, may, gives } = tensorsOf[row.mode];
  const absent = needs.find((name) => row[name] === undefined);
  if (absent) return { path: `.${absent}`, expected: `a tensor, since mode ${row.mode} needs it`, got: 'nothing' };
  const foreign =
    inputNames.find((name) => row[name] && ![...needs, ...may, 'x', 'gamma'].includes(name)) ??
    (row.mode === 'training' ? undefined : trainingOnly.find((name) => row[name] !== undefined));
  if (foreign)
    return { path: `.${foreign}`, expected: `nothing, since mode ${row.mode} has no such input`, got: 'one' };
  const output = (Object.keys(row.expected) as OutputName[]).find((name) => !gives.includes(name));
  if (output) {
    const expected = `nothing, since mode ${row.mode} gives ${gives.join(', ')}`;
    return { path: `.expected.${output}`, expected, got: 'one' };
  }
  return checkPairs(row);
}

/** What means something only beside something else. */
function checkPairs(row: VectorCase): SchemaFault | undefined {
  const pair = ([a, b]: readonly ['mean' | 'saved_mean', 'variance' | 'saved_inv_std']): SchemaFault | undefined => {
    if ((row[a] === undefined) === (row[b] === undefined)) return undefined;
    const [present, absent] = row[a] === undefined ? [b, a] : [a, b];
    return { path: `.${absent}`, expected: `a tensor beside ${present}`, got: 'nothing' };
  };
  return pair(['mean', 'variance']) ?? pair(['saved_mean', 'saved_inv_std']) ?? checkRunning(row);
}

/** No default decides what a published running statistic means. */
function checkRunning(row: VectorCase): SchemaFault | undefined {
  const { expected, momentum, momentum_convention, convention } = row;
  const needed = (name: keyof VectorCase, why: string): SchemaFault | undefined =>
    row[name] === undefined ? { path: `.${name}`, expected: `a value, since ${why}`, got: 'nothing' } : undefined;
  if (momentum !== undefined && momentum_convention === undefined) {
    return needed('momentum_convention', 'momentum weighs the old value in some places and the new one in others');
  }
  if (!expected.running_mean && !expected.running_var) return undefined;
  const why = `expected has ${expected.running_mean ? 'running_mean' : 'running_var'}`;
  const named = convention !== undefined;
  return (
    needed('mean', why) ??
    (named ? undefined : needed('momentum', why)) ??
    (named || !expected.running_var ? undefined : needed('running_variance_divisor', why))
  );
}

function checkLengths(row: VectorCase): SchemaFault | undefined {
  const { shape } = row;
  const full = shape.reduce((product, size) => product * size, 1);
  const channels = shape[axisOf(row)]!;
  const wrong = (name: InputName | OutputName, path: string, tensor?: readonly number[] | null) => {
    const length = isFull(name) ? full : channels;
    if (!tensor || tensor.length === length) return undefined;
    const what = isFull(name) ? `the product of shape ${shape.join('x')}` : `the size of axis ${row.axis}`;
    return { path, expected: `${length} numbers, ${what}`, got: `${tensor.length}` };
  };
  for (const name of inputNames) {
    const fault = wrong(name, `.${name}`, row[name]);
    if (fault) return fault;
  }
  for (const [name, tensor] of Object.entries(row.expected)) {
    const fault = wrong(name as OutputName, `.expected.${name}`, tensor);
    if (fault) return fault;
  }
  return undefined;
}

/**
 * What no schema can say about a case: tensors as long as the shape has them, an axis that is there, and what the mode
 * needs. The path of the fault begins at the case.
 */
export function faultOf(row: VectorCase): SchemaFault | undefined {
  return checkAxis(row) ?? checkPresence(row) ?? checkLengths(row);
}

/** Why a file of this version cannot be read, or undefined. */
export function refuseVersion(version: unknown): SchemaFault | undefined {
  if (typeof version !== 'number' || !(version > formatVersion)) return undefined;
  return {
    path: '$.version',
    expected: `${formatVersion} or lower`,
    got: `${version}, which a newer normgauge wrote; update normgauge to read it`,
  };
}
