import { conventions, elementsPerChannel, type Problem, positionsOf, type Tensors } from '@normgauge/contract';
import { float32, lanes, onePass } from '../../stepwise/float32.ts';
import { type Compute, computeWith, type Outputs, type Replaced } from '../../stepwise/kernel.ts';
import { type Affine, correct, type Place, placeOf } from '../../stepwise/steps.ts';
import { because, computing, kernel, type Mutant, type Variant } from '../mutant.ts';

/* Kernels of several paths, one of which was written with less care: right on most problems. */

const right = computeWith({});

type Applies = (problem: Problem) => boolean;

/** Correct, but for these steps where the problem is such. */
function where(id: string, does: string, applies: Applies, steps: Replaced): Variant {
  const wrong = computeWith(steps);
  return computing(id, does, (inputs, problem) => (applies(problem) ? wrong : right)(inputs, problem));
}

const inNhwc: Applies = ({ layout }) => layout === 'nhwc';
const isFlat: Applies = ({ shape }) => shape.spatial.length === 0;
const ofElements =
  (least: number): Applies =>
  ({ shape }) =>
    elementsPerChannel(shape) >= least;
const both =
  (a: Applies, b: Applies): Applies =>
  (problem) =>
    a(problem) && b(problem);

const divisorBy = (count: (m: number) => number): Replaced => ({ divisor: (_kind, m) => count(m) });
const withEps = (change: (eps: number) => number): Replaced => ({
  invStd: (variance, convention, op, place) =>
    correct.invStd(variance, { ...convention, eps: change(convention.eps) }, op, place),
});
const affineWhere = (applies: (place: Place) => boolean, changed: Partial<Affine>): Replaced => ({
  affine(inputs, place) {
    const read = correct.affine(inputs, place);
    return applies(place) ? { ...read, ...changed } : read;
  },
});

/** Channels that are left over in nhwc when the others are taken so many at a time, where there are as many. */
const inChannelTail =
  (size: number) =>
  ({ problem: { layout, shape }, c }: Place): boolean =>
    layout === 'nhwc' && shape.c > size && c >= shape.c - (shape.c % size);

/** Correct, but for what a scalar loop does with what is left of a row in nchw. */
function rowTail(size: number, spoil: (outputs: Outputs, i: number, c: number, inputs: Tensors) => void): Compute {
  return (inputs, problem) => {
    const outputs = right(inputs, problem);
    const positions = positionsOf(problem.shape);
    if (problem.layout === 'nhwc' || positions < size) return outputs;
    for (let c = 0; c < problem.shape.c; c++) {
      for (const [k, i] of correct.elements(placeOf(problem, c)).entries()) {
        if (k % positions >= positions - (positions % size)) spoil(outputs, i, c, inputs);
      }
    }
    return outputs;
  };
}

const onePassInside: Replaced = { ...float32(lanes(8)), statistics: onePass(lanes(8)) };

export const pathMutants: readonly Mutant[] = [
  ...because(
    'semantics',
    'divides by m−1',
    where(
      'path-nhwc-divisor',
      'σ² is Σ/(m−1) in nhwc',
      inNhwc,
      divisorBy((m) => m - 1),
    ),
    where(
      'path-flat-divisor',
      'σ² is Σ/(m−1) without spatial axes',
      isFlat,
      divisorBy((m) => m - 1),
    ),
  ),
  ...because(
    'semantics',
    'running variance divided by m',
    where(
      'path-large-running',
      'from 300 elements on m/(m−1) is left out of the running variance: it is nearly 1',
      ofElements(300),
      { divisor: (kind, m, convention, use) => (use === 'running' ? m : correct.divisor(kind, m, convention, use)) },
    ),
  ),
  ...because(
    'semantics',
    'another eps',
    where(
      'path-nhwc-eps',
      'eps is 1e-5 in nhwc',
      inNhwc,
      withEps(() => 1e-5),
    ),
    where(
      'path-flat-eps',
      'eps is 1e-3 without spatial axes',
      isFlat,
      withEps(() => 1e-3),
    ),
    kernel(
      'eps-default',
      'an eps of 0 is taken for none (eps || 1e-5)',
      withEps((eps) => eps || 1e-5),
    ),
  ),
  ...because(
    'semantics',
    'eps missing',
    where(
      'path-large-eps',
      'from 300 elements on there is no eps',
      ofElements(300),
      withEps(() => 0),
    ),
  ),
  ...because(
    'semantics',
    'eps inside the root',
    computing('convention-by-name', 'a convention without a name is taken for PyTorch’s', (inputs, problem) => {
      const { convention } = problem;
      const known = 'name' in convention;
      const taken = known ? convention : { ...conventions.find(({ name }) => name === 'pytorch')! };
      const momentum = known ? taken.momentum : convention.momentum;
      return right(inputs, { ...problem, convention: { ...taken, momentum } });
    }),
  ),
  ...because(
    'semantics',
    'another momentum',
    kernel('momentum-default', 'a momentum of 0 is taken for none (momentum || 0.1)', {
      weight: (convention, batches) => correct.weight(convention, batches) || 0.1,
    }),
  ),
  ...because(
    'semantics',
    'beta ignored',
    kernel(
      'path-one-channel',
      'beta is left out where C = 1',
      affineWhere(({ problem }) => problem.shape.c === 1, { beta: 0 }),
    ),
    computing(
      'path-row-tail-4',
      'the scalar loop over what a row of fours leaves forgets beta',
      rowTail(4, ({ y }, i, c, { beta }) => {
        if (y && beta) y[i]! -= beta[c]!;
      }),
    ),
    computing(
      'path-row-tail-32',
      'the scalar loop over what a row of 32 leaves forgets beta',
      rowTail(32, ({ y }, i, c, { beta }) => {
        if (y && beta) y[i]! -= beta[c]!;
      }),
    ),
  ),
  ...because(
    'semantics',
    'gamma ignored',
    kernel(
      'path-channel-tail-4',
      'in nhwc the channels that vectors of 4 leave have no gamma',
      affineWhere(inChannelTail(4), { gamma: 1 }),
    ),
    kernel(
      'path-channel-tail-32',
      'in nhwc the channels that tiles of 32 leave have no gamma',
      affineWhere(inChannelTail(32), { gamma: 1 }),
    ),
    kernel(
      'path-channel-tail-64',
      'in nhwc the channels that tiles of 64 leave have no gamma',
      affineWhere(inChannelTail(64), { gamma: 1 }),
    ),
  ),
  ...because(
    'gradients',
    'mean term missing from dx',
    where('path-nhwc-dx-mean', 'Σdy/m is forgotten in nhwc', inNhwc, {
      dx: (x, dy, g) => g.gamma * g.invStd * (dy - ((x - g.mean) * g.invStd * g.dGamma) / g.divisor),
    }),
    where('path-large-dx-mean', 'from 4,096 elements on Σdy/m is forgotten: it is nearly 0', ofElements(4096), {
      dx: (x, dy, g) => g.gamma * g.invStd * (dy - ((x - g.mean) * g.invStd * g.dGamma) / g.divisor),
    }),
  ),
  ...because(
    'gradients',
    'invStd missing from dx',
    where(
      'path-no-affine-invstd',
      'without gamma, dx lacks the invStd that gamma is folded with',
      ({ affine }) => !affine,
      { dx: (x, dy, g) => correct.dx(x, dy, g) / g.invStd },
    ),
    where(
      'path-no-affine-nhwc-frozen',
      'without gamma and in nhwc, dx of the frozen op lacks invStd',
      both(inNhwc, ({ affine }) => !affine),
      { dxFrozen: (_x, dy) => dy },
    ),
  ),
  ...because(
    'numerics',
    'one-pass cancellation',
    where(
      'path-large-one-pass',
      'from 4,096 elements on σ² is mean(x²) − mean² in float32',
      ofElements(4096),
      onePassInside,
    ),
    where('path-nhwc-one-pass', 'in nhwc σ² is mean(x²) − mean² in float32', inNhwc, onePassInside),
  ),
];
