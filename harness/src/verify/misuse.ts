import { inputsOf, outputsOf, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import type { PreparedSet } from './prepare.ts';

/* Calls that the contract has refused, by `plan`, `write` or `read`. A result would be made of memory that nobody gave. */

/** One such call. */
export interface Misuse {
  /** `x one element short`. */
  readonly what: string;
  readonly problem: Problem;
  readonly inputs: Tensors;
  readonly views: { readonly [name in TensorName]?: number };
}

type Length = 'one element short' | 'one element long';

function resized(tensor: Float32Array, length: Length): Float32Array {
  if (length === 'one element short') return tensor.slice(0, -1);
  const longer = new Float32Array(tensor.length + 1);
  longer.set(tensor);
  return longer;
}

/** Every input absent in turn; the first full and the first per-channel one too short and too long. */
export function wrongInputs({ row: { problem }, inputs }: PreparedSet): readonly Misuse[] {
  const slots = inputsOf(problem);
  const absent = slots.map(({ name }) => {
    const { [name]: _, ...rest } = inputs;
    return { what: `${name} absent`, inputs: rest };
  });
  const sized = (['full', 'channel'] as const)
    .map((kind) => slots.find(({ extent }) => extent === kind)!)
    .flatMap(({ name }) =>
      (['one element short', 'one element long'] as const).map((length) => ({
        what: `${name} ${length}`,
        inputs: { ...inputs, [name]: resized(inputs[name]!, length) },
      })),
    );
  return [...absent, ...sized].map(({ what, inputs: given }) => ({ what, problem, inputs: given, views: {} }));
}

/** The first output read into a view that is too short for it. A view that is too long hurts nobody. */
export function wrongViews({ row: { problem }, inputs }: PreparedSet): readonly Misuse[] {
  const { name, length } = outputsOf(problem)[0]!;
  return [{ what: `a view of ${name} one element short`, problem, inputs, views: { [name]: length - 1 } }];
}

/** Problems that mean nothing: no samples, no channels, no positions, an eps below 0 or none. */
export function wrongProblems({ row: { problem }, inputs }: PreparedSet): readonly Misuse[] {
  const { shape, convention } = problem;
  const wrong: readonly (Pick<Misuse, 'what'> & { readonly change: Partial<Problem> })[] = [
    { what: 'an empty batch', change: { shape: { ...shape, n: 0 } } },
    { what: 'no channels', change: { shape: { ...shape, c: 0 } } },
    { what: 'an empty axis', change: { shape: { ...shape, spatial: [...shape.spatial.slice(0, 2), 0] } } },
    { what: 'a negative eps', change: { convention: { ...convention, eps: -1e-5 } } },
    { what: 'an eps of NaN', change: { convention: { ...convention, eps: Number.NaN } } },
  ];
  return wrong.map(({ what, change }) => {
    const asked = { ...problem, ...change };
    const given = inputsOf(asked).map(({ name, length }) => [name, inputs[name]!.slice(0, length)]);
    return { what, problem: asked, inputs: Object.fromEntries(given), views: {} };
  });
}
