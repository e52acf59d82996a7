import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { makeInputs } from '../src/cases/inputs.ts';
import { uniformFrom } from '../src/cases/random.ts';
import type { ArmSource, Arms } from '../src/gate/arms.ts';
import { ArmsApart } from '../src/gate/armsApart.ts';
import { ArmFault, ArmsTogether } from '../src/gate/armsProcess.ts';
import { type Decision, decideCases } from '../src/gate/decideCases.ts';
import { partOf, shareIn } from '../src/gate/extraWork.ts';
import { leastRounds } from '../src/gate/placements.ts';
import { type Contest, type RaceSettings, raceCase } from '../src/gate/raceCase.ts';
import { CannotMove, shuffled } from '../src/gate/rounds.ts';
import { alphaFor, looksAtPlaces, usualMargins } from '../src/gate/sequential.ts';
import { LostProcess, thisNode } from '../src/hosts/childProcess.ts';
import { newFolder } from './commandLine.ts';
import { kernelText, type Quirks, writeFiles } from './gateKernels.ts';

const row = caseAt('inference/nchw/4x8x14x14/normal/pytorch');
const inputSets = [1, 2].map((seed) => makeInputs(row.problem, row.fill, seed));
const settings: RaceSettings = {
  margins: usualMargins,
  alpha: alphaFor(1),
  budget: 10_000,
  limit: 20_000,
  movable: true,
};
const memory = 1024;

const running: Arms[] = [];
afterEach(() => {
  for (const each of running.splice(0)) each.kill();
});

/** Base in two instances and head, from files of their own. */
async function opened(
  base: Quirks,
  head: Quirks,
  files: { readonly [path: string]: string } = {},
): Promise<ArmsTogether> {
  const folder = newFolder();
  writeFiles(folder, { 'base.mjs': kernelText(base), 'head.mjs': kernelText(head), ...files });
  const arm = (name: string) => ({
    source: { kind: 'module' as const, url: pathToFileURL(join(folder, name)).href },
    extraWork: 0,
  });
  const sources = [arm('base.mjs'), arm('head.mjs'), arm('base.mjs')] as const;
  const process = await ArmsTogether.open(sources, [2, 0, 1], memory);
  running.push(process);
  return process;
}

const contest = (verify: Contest['verify'] = () => undefined): Contest => ({ problem: row.problem, inputSets, verify });
const uniform = () => uniformFrom(3);

/** A race between new arms, begun again as often as its own control says that nothing can be told: other tests run beside this one. */
async function judged(open: () => Promise<Arms>): ReturnType<typeof raceCase> {
  for (let again = 4; ; again -= 1) {
    const heat = await raceCase(await open(), contest(), settings, uniform());
    const unjudged = 'outcome' in heat && (heat.outcome === 'invalid' || heat.outcome === 'undecided');
    if (!unjudged || again === 0) return heat;
  }
}

describe('three arms in one process', () => {
  it('are module instances of their own, also of what they import', async () => {
    const quirks = { top: "import { instance } from './counted.mjs';", added: 'instance * 1000' };
    const counted = 'globalThis.loads = (globalThis.loads ?? 0) + 1; export const instance = globalThis.loads;';
    const process = await opened(quirks, quirks, { 'counted.mjs': counted });
    const seen: number[] = [];
    await raceCase(
      process,
      contest(([outputs]) => {
        seen.push(Math.round(outputs!.y![0]! / 1000));
        return undefined;
      }),
      settings,
      uniform(),
    );
    // base, head and control, before and after; control was loaded first, then base, then head.
    expect(seen).toEqual([2, 3, 1, 2, 3, 1]);
  });

  it('tell a head that does half as much again from base, and say by how much', async () => {
    const heat = await judged(() => opened({ work: 2 }, { work: 3 }));
    expect(heat).toMatchObject({ outcome: 'slower' });
    if ('wrong' in heat) throw new Error(heat.cause);
    expect(heat.look.head.low).toBeLessThan(1.5);
    expect(heat.look.head.high).toBeGreaterThan(1.3);
  });

  it('do not call the same code slower', async () => {
    const heat = await raceCase(await opened({}, {}), contest(), settings, uniform());
    expect(heat).toHaveProperty('outcome');
    expect(heat).not.toMatchObject({ outcome: 'slower' });
  });

  it('are timed with a clock that a kernel cannot stop', async () => {
    const top =
      'const still = performance.now(); performance.now = () => still; process.hrtime.bigint = () => 0n; Date.now = () => 0;';
    const heat = await judged(() => opened({}, { top, work: 2 }));
    expect(heat).toMatchObject({ outcome: 'slower' });
  });

  it('are given as much time as the budget says, and say nothing when that was too little', async () => {
    const process = await opened({}, {});
    const heat = await raceCase(process, contest(), { ...settings, budget: 0 }, uniform());
    expect(heat).toMatchObject({
      outcome: 'undecided',
      look: { rounds: 1, head: { low: 0, high: Number.POSITIVE_INFINITY } },
    });
  });

  describe('that move', () => {
    /** A backend around the plain one: `opens` is how often any was opened in this process. */
    const around = (before: string): string => `import { openBackend as open } from './plain.mjs';
      export const openBackend = () => { globalThis.opens = (globalThis.opens ?? 0) + 1; ${before}; return open(); };`;
    const files = (base: string, head: string) => ({
      'plain.mjs': kernelText({ added: 'globalThis.opens * 1000' }),
      'base.mjs': around(base),
      'head.mjs': around(head),
    });

    it('are opened anew after a few rounds each, and go on with the same inputs', async () => {
      const process = await opened({}, {}, files('', ''));
      const seen: number[] = [];
      const fractions: number[] = [];
      const heat = await raceCase(
        process,
        contest(([outputs]) => {
          const y = outputs!.y![0]!;
          seen.push(Math.round(y / 1000));
          fractions.push(y - 1000 * Math.round(y / 1000));
          return undefined;
        }),
        settings,
        uniform(),
      );
      if ('wrong' in heat) throw new Error(heat.cause);
      expect(heat.places).toBeGreaterThanOrEqual(looksAtPlaces[0]!);
      expect(heat.look.rounds).toBeGreaterThanOrEqual(leastRounds * (heat.places - 1));
      expect(seen.slice(0, 3)).toEqual([3, 3, 3]);
      expect(seen.slice(3)).toEqual([3, 3, 3].map((opens) => opens * heat.places));
      for (const fraction of fractions) expect(fraction).toBeCloseTo(fractions[0]!, 1);
    });

    it('and cannot be opened anew make the process useless, and stay in the next', async () => {
      const process = await opened({}, {}, files('', "if (globalThis.opens > 3) throw new Error('only once')"));
      const fault = await raceCase(process, contest(), settings, uniform()).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(CannotMove);
      expect(fault).toMatchObject({ message: 'only once', cause: { arm: 'head' } });
      const another = await opened({}, {}, files('', "if (globalThis.opens > 3) throw new Error('only once')"));
      const heat = await raceCase(another, contest(), { ...settings, movable: false }, uniform());
      expect(heat).toMatchObject({ manner: 'staying', places: 1 });
    });
  });

  it('that can be opened only once are decided where they lie', async () => {
    const folder = newFolder();
    writeFiles(folder, {
      'once.mjs': `import { openBackend as open } from './plain.mjs';
        let opened = false;
        export const openBackend = () => { if (opened) throw new Error('only once'); opened = true; return open(); };`,
      'plain.mjs': kernelText(),
    });
    const source = { kind: 'module' as const, url: pathToFileURL(join(folder, 'once.mjs')).href };
    const arm = { source, extraWork: 0 };
    const decisions: Decision[] = [];
    await decideCases(
      ['first', 'second'].map((of) => ({ of, margins: usualMargins, contest: () => contest() })),
      {
        sources: [arm, arm, arm],
        settings: { alpha: alphaFor(2), budget: 10_000, limit: 20_000 },
        memory,
        uniform: uniform(),
        signal: new AbortController().signal,
        onDecision: (_of, decision) => decisions.push(decision),
      },
    );
    expect(decisions).toHaveLength(2);
    for (const { conclusion, heats } of decisions) {
      expect(['pass', 'inconclusive']).toContain(conclusion);
      expect(heats.every(({ manner, places }) => manner === 'staying' && places === 1)).toBe(true);
    }
  });

  it('are verified before they are timed', async () => {
    const process = await opened({}, { added: '1' });
    const [first] = inputSets;
    const heat = await raceCase(
      process,
      contest((outputs) => {
        expect(outputs).toHaveLength(2);
        const { y } = outputs[0]!;
        const { x, gamma, beta, runningMean, runningVar } = first!;
        const expected = (gamma![0]! * (x![0]! - runningMean![0]!)) / Math.sqrt(runningVar![0]! + 1e-5) + beta![0]!;
        return Math.abs(y![0]! - expected) < 1e-4 ? undefined : 'y is off';
      }),
      settings,
      uniform(),
    );
    expect(heat).toEqual({ wrong: 'head', cause: 'before it was timed: y is off' });
  });

  it('are verified once more after it', async () => {
    const process = await opened({}, { added: '(calls > 20 ? 7 : 0)' });
    const first = new Map<number, number>();
    let asked = 0;
    const heat = await raceCase(
      process,
      contest((outputs) => {
        const { y } = outputs[0]!;
        const arm = asked++ % 3;
        const before = first.get(arm);
        if (before === undefined) first.set(arm, y![0]!);
        return before === undefined || before === y![0] ? undefined : 'y has changed';
      }),
      settings,
      uniform(),
    );
    expect(heat).toEqual({ wrong: 'head', cause: 'right when verified, wrong when timed: y has changed' });
  });

  it('say which of them threw', async () => {
    const process = await opened({}, { before: "if (calls > 20) throw new RangeError('tired');" });
    const fault = await raceCase(process, contest(), settings, uniform()).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(ArmFault);
    expect(fault).toMatchObject({ arm: 'head', message: 'tired', thrown: 'RangeError' });
  });

  it('say which of them cannot be loaded', async () => {
    const fault = await opened({}, { top: "throw new Error('not today');" }).catch((error: unknown) => error);
    expect(fault).toMatchObject({ arm: 'head', message: 'not today' });
  });

  it('are ended at the time limit when one hangs', async () => {
    const process = await opened({}, { before: 'while (calls > 20) {}' });
    const lost = await raceCase(process, contest(), { ...settings, limit: 2_000 }, uniform()).catch(
      (error: unknown) => error,
    );
    expect(lost).toBeInstanceOf(LostProcess);
    expect(lost).toMatchObject({ status: 'timed-out' });
  });
});

describe('arms in processes of their own', () => {
  const source = { kind: 'own' as const, id: 'simd-js' };
  const honest = { source, extraWork: 0 };

  async function apart(head: Partial<ArmSource>, flags: readonly string[] = []): Promise<ArmsApart> {
    const runtimes = { base: thisNode, head: { ...thisNode, flags } };
    const arms = await ArmsApart.open([honest, { ...honest, ...head }, honest], [2, 0, 1], memory, runtimes);
    running.push(arms);
    return arms;
  }

  it('do not call the same code slower', async () => {
    const heat = await raceCase(await apart({}), contest(), settings, uniform());
    expect(heat).toHaveProperty('outcome');
    expect(heat).not.toMatchObject({ outcome: 'slower' });
  });

  it('tell a head that does half as much again from base', async () => {
    const heat = await judged(() => apart({ extraWork: 0.5 }));
    expect(heat).toMatchObject({ outcome: 'slower' });
  });

  it('tell a Node that does not optimise from one that does', async () => {
    const heat = await judged(() => apart({}, ['--no-opt']));
    expect(heat).toMatchObject({ outcome: 'slower' });
    if ('wrong' in heat) throw new Error(heat.cause);
    expect(heat.look.head.low).toBeGreaterThan(1.5);
    expect(heat.look.control.high).toBeLessThan(1.5);
  });

  it('are verified before and after, each by its name', async () => {
    const asked: string[] = [];
    const heat = await raceCase(
      await apart({}),
      contest((outputs, arm) => {
        asked.push(`${arm} ${outputs.length}`);
        return asked.length === 6 ? 'y is off' : undefined;
      }),
      settings,
      uniform(),
    );
    expect(asked).toEqual(['base 2', 'head 2', 'control 2', 'base 2', 'head 2', 'control 2']);
    expect(heat).toEqual({ wrong: 'control', cause: 'right when verified, wrong when timed: y is off' });
  });

  it('say which of them threw, and leave no process behind', async () => {
    const folder = newFolder();
    writeFiles(folder, { 'head.mjs': kernelText({ top: "throw new Error('not today');" }) });
    const url = pathToFileURL(join(folder, 'head.mjs')).href;
    const fault = await apart({ source: { kind: 'module', url } }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(ArmFault);
    expect(fault).toMatchObject({ arm: 'head', message: 'not today' });
  });
});

describe('extra work', () => {
  it.each([
    ['100x16x14x14', 0.05, 0.05],
    ['8x64x56x56', 0.03, 0.029],
    ['1x64x56x56', 0.1, 0.094],
    ['4096x1024', 0.03, 0.03],
  ])('on %s, a share of %d, is a problem of its own with nearly as many elements', (shape, share, actual) => {
    const { problem } = caseAt(`inference/nchw/${shape}/normal/pytorch`);
    const part = partOf(problem, share);
    expect(shareIn(problem, part)).toBeCloseTo(actual, 3);
    expect(part).toMatchObject({ op: 'inference', layout: 'nchw', affine: problem.affine });
  });

  it('is noticed', async () => {
    const source = { kind: 'own' as const, id: 'simd-js' };
    const honest = { source, extraWork: 0 };
    const heat = await judged(async () => {
      const process = await ArmsTogether.open([honest, { source, extraWork: 0.5 }, honest], [0, 1, 2], memory);
      running.push(process);
      return process;
    });
    expect(heat).toMatchObject({ outcome: 'slower' });
  });
});

it('every order of the arms comes up equally often', () => {
  const counts = new Map<string, number>();
  const draw = uniformFrom(5);
  for (let k = 0; k < 6000; k++) {
    const order = shuffled(draw).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(1000));
});
