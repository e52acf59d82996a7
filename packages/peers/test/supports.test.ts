import { conventionNamed, conventions, ops, type Problem, ProblemError } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { cs231n, darknet, darknetAlexeyab, type Listing } from '../src/index.ts';
import { problemIn } from './data.ts';

const flat = { n: 4, c: 3, spatial: [] };
const backends: readonly (readonly [string, Listing])[] = [
  ['cs231n', cs231n],
  ['darknet', darknet],
  ['darknet-alexeyab', darknetAlexeyab],
];

describe.each(backends)('%s', (id, { openBackend }) => {
  it('opens under its own name and supports its own convention', async () => {
    const backend = await openBackend();
    expect(backend.id).toBe(id);
    expect(backend.supports(problemIn(id, { shape: flat }))).toBe(true);
    expect(backend.supports(problemIn(id, { shape: flat, op: 'backward' }))).toBe(true);
    expect(backend.supports(problemIn(id, { shape: flat, op: 'inference' }))).toBe(true);
  });

  it('says in one sentence why it does not support what it does not', async () => {
    const backend = await openBackend();
    const problems: Problem[] = conventions.flatMap(({ name }) =>
      ops.map((op) => problemIn(name, { op, layout: 'nhwc', affine: false })),
    );
    for (const problem of problems) expect(backend.supports(problem)).toMatch(/^[a-z].{10,}[^.]$/);
  });

  it('refuses to plan what it does not support', async () => {
    const backend = await openBackend();
    expect(() => backend.plan(problemIn('pytorch'))).toThrow(ProblemError);
  });
});

describe('what each supports', () => {
  it.each([
    ['cs231n', cs231n, problemIn('cs231n'), 'takes (N, D) arrays only, without spatial axes'],
    ['cs231n', cs231n, problemIn('cs231n', { shape: flat, affine: false }), 'always takes gamma and beta'],
    ['cs231n', cs231n, problemIn('pytorch', { shape: flat }), 'does runningDivisor m only, not m-1'],
    [
      'cs231n',
      cs231n,
      problemIn('cs231n', { shape: flat, convention: { ...conventionNamed('cs231n')!, momentum: 'cumulative' } }),
      'takes a number for momentum, no cumulative average',
    ],
    ['darknet', darknet, problemIn('darknet', { layout: 'nhwc' }), 'is written for nchw'],
    ['darknet', darknet, problemIn('darknet', { affine: false }), 'always has scales and biases'],
    ['darknet', darknet, problemIn('pytorch', { op: 'inference' }), 'does eps 0.000001 only, not 0.00001'],
    [
      'darknet',
      darknet,
      problemIn('darknet', {
        shape: { n: 1, c: 2, spatial: [1] },
        convention: { ...conventionNamed('darknet')!, singleElement: 'guard' },
      }),
      'gives NaN for a single element, which the convention guards',
    ],
  ] as const)('%s: a reason that names what is missing', async (_id, listing, problem, reason) => {
    expect((await listing.openBackend()).supports(problem)).toBe(reason);
  });

  it.each([
    ['cs231n', cs231n, problemIn('pytorch', { shape: flat, op: 'backward' })],
    ['cs231n', cs231n, problemIn('pytorch', { shape: flat, op: 'inference' })],
    ['darknet-alexeyab', darknetAlexeyab, problemIn('pytorch', { op: 'inference' })],
    ['darknet', darknet, problemIn('darknet', { shape: { n: 1, c: 2, spatial: [] } })],
  ] as const)(
    '%s does what another convention asks where the op does not see the difference',
    async (_id, { openBackend }, problem) => {
      expect((await openBackend()).supports(problem)).toBe(true);
    },
  );

  it.each([
    ['cs231n', cs231n],
    ['darknet-alexeyab', darknetAlexeyab],
  ])('%s has no backward for test mode and says why', async (id, { openBackend }) => {
    const backend = await openBackend();
    expect(backend.supports(problemIn(id, { shape: flat, op: 'backward-frozen' }))).toMatch(/backward pass/);
  });
});
