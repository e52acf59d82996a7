import { momentumWeight, type Problem } from '@normgauge/contract';
import { compute } from '../src/compute.ts';
import { sum } from '../src/float64.ts';
import { type ExactTensors, gather, indicesOf, type RealTensors } from '../src/tensors.ts';

/** The reference with one deliberate mistake, and an op in which it shows. */
export interface BrokenReference {
  readonly mistake: string;
  readonly op: Problem['op'];
  readonly compute: typeof compute;
}

type Changed = (convention: Problem['convention'], inputs: RealTensors) => Partial<Problem['convention']>;

/** The reference of another convention than the problem's. */
function withConvention(change: Changed): typeof compute {
  return (problem, inputs) => {
    const { convention } = problem;
    return compute({ ...problem, convention: { ...convention, ...change(convention, inputs) } }, inputs);
  };
}

/** dx written anew with a term that is given gamma·invStd, dy, x̂ and m of a channel. */
function withDx(term: (channel: { dy: number[]; xHat: number[]; m: number }, i: number) => number): typeof compute {
  return (problem, inputs): ExactTensors => {
    const outputs = compute(problem, inputs);
    const dx = outputs.dx!.slice();
    for (let c = 0; c < problem.shape.c; c++) {
      const indices = indicesOf(problem, c);
      const dy = gather(inputs.dy!, indices);
      const invStd = inputs.invStd![c]!;
      const xHat = gather(inputs.x!, indices).map((x) => (x - inputs.mean![c]!) * invStd);
      const scale = (problem.affine ? inputs.gamma![c]! : 1) * invStd;
      indices.forEach((at, i) => {
        dx[at] = scale * term({ dy, xHat, m: indices.length }, i);
      });
    }
    return { ...outputs, dx };
  };
}

const meanTerm = (dy: number[], m: number): number => sum(dy) / m;
const varianceTerm = (dy: number[], xHat: number[], m: number, i: number): number =>
  (xHat[i]! * sum(dy.map((g, j) => g * xHat[j]!))) / m;

const otherDivisor = withConvention(() => ({ normalizeDivisor: 'm-1', singleElement: 'nan' }));
const otherPlace = withConvention(() => ({ epsPlacement: 'outside-sqrt' }));

/** For a convention that divides by m with eps inside the root. */
export const brokenReferences: readonly BrokenReference[] = [
  { mistake: 'm−1 for m', op: 'forward-training', compute: otherDivisor },
  { mistake: 'm−1 for m', op: 'backward', compute: otherDivisor },
  { mistake: 'eps outside the root', op: 'forward-training', compute: otherPlace },
  { mistake: 'eps outside the root', op: 'inference', compute: otherPlace },
  { mistake: 'eps outside the root', op: 'backward', compute: otherPlace },
  { mistake: 'eps outside the root', op: 'backward-frozen', compute: otherPlace },
  {
    mistake: 'no mean term in dx',
    op: 'backward',
    compute: withDx(({ dy, xHat, m }, i) => dy[i]! - varianceTerm(dy, xHat, m, i)),
  },
  {
    mistake: 'no variance term in dx',
    op: 'backward',
    compute: withDx(({ dy, m }, i) => dy[i]! - meanTerm(dy, m)),
  },
  {
    mistake: 'momentum reversed',
    op: 'forward-training',
    compute: withConvention((convention, { batchesTracked }) => ({
      momentum: 1 - momentumWeight(convention, batchesTracked?.[0] ?? 0),
    })),
  },
];
