import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report, Result } from '@normgauge/reports';
import { beforeAll, describe, expect, it } from 'vitest';
import { judged, kernel, newFolder, started } from './commandLine.ts';
import { isRunning } from './isRunning.ts';

/** Every kernel misbehaves in the first case, and is right in the second. */
const cases = ['inference/nchw/2x3x5/normal/onnx', 'inference/nchw/2x4x5/normal/onnx'];

interface Row {
  /** A file of `kernels/misbehaving`, which says what it does. */
  readonly kernel: string;
  /** Status of the case in which it misbehaves; the other one must pass. */
  readonly ends: Result['status'];
  readonly says?: string | RegExp;
  /** Statuses of both cases, where it is not the first that is spoilt, or not it alone. */
  readonly both?: readonly [Result['status'], Result['status']];
  /** What the second case says then. */
  readonly saysThen?: string;
}

interface Group {
  readonly what: string;
  readonly options: readonly string[];
  readonly rows: readonly Row[];
}

const timedOut = 'no answer within 3 s; the process was ended';
const tooMuch =
  /^the process (used \d+ MiB of memory, more than the limit of 250 MiB|ran out of JavaScript heap: more than 250 MiB) \(--memory-limit\)/;
const noAnswer = 'the process sent an answer that is none, ';

const groups: readonly Group[] = [
  {
    what: 'does not come back',
    options: ['--time-limit', '3'],
    rows: [
      { kernel: 'loops', ends: 'timed-out', says: timedOut },
      { kernel: 'neverResolves', ends: 'timed-out', says: timedOut },
      { kernel: 'stopsItself', ends: 'timed-out', says: timedOut },
      { kernel: 'supportsLoops', ends: 'timed-out', says: timedOut },
    ],
  },
  {
    what: 'ends its process, or leaves behind what will',
    options: [],
    rows: [
      { kernel: 'segfaults', ends: 'crashed', says: 'the process was ended by SIGSEGV' },
      { kernel: 'aborts', ends: 'crashed', says: 'the process was ended by SIGABRT' },
      { kernel: 'exitsWell', ends: 'crashed', says: 'the process ended with exit status 0' },
      { kernel: 'exitsBadly', ends: 'crashed', says: 'the process ended with exit status 7' },
      { kernel: 'rejects', ends: 'crashed', says: /the process ended with exit status 1: Error: nobody awaited this$/ },
      { kernel: 'throwsLater', ends: 'crashed', says: /exit status 1: TypeError: thrown by a timer$/ },
      {
        kernel: 'opensOnce',
        ends: 'crashed',
        says: 'the process ended with exit status 1',
        both: ['crashed', 'crashed'],
        saysThen: 'cannot be opened again in a fresh process: the device is still in use',
      },
    ],
  },
  {
    what: 'needs too much memory',
    options: ['--memory-limit', '250'],
    rows: [
      { kernel: 'fillsHeap', ends: 'crashed', says: tooMuch },
      { kernel: 'fillsBuffers', ends: 'crashed', says: tooMuch },
      { kernel: 'growsWasm', ends: 'crashed', says: tooMuch },
    ],
  },
  {
    what: 'makes noise, or throws',
    options: [],
    rows: [
      { kernel: 'floods', ends: 'passed' },
      { kernel: 'usesProcess', ends: 'passed' },
      { kernel: 'throwsNothing', ends: 'failed', says: 'null' },
      {
        kernel: 'supportsThrows',
        ends: 'failed',
        says: 'supports: expected an answer, got RangeError: no table for three',
      },
    ],
  },
  {
    what: 'writes to the harness itself',
    options: [],
    rows: [
      { kernel: 'writesGarbage', ends: 'crashed', says: `${noAnswer}8 bytes that are no message` },
      { kernel: 'writesTooMuch', ends: 'crashed', says: `${noAnswer}a message of 140737488355328 bytes` },
      { kernel: 'answersUnasked', ends: 'crashed', says: `${noAnswer}one that nobody asked for; it was ended` },
      { kernel: 'answersEmpty', ends: 'crashed', says: `${noAnswer}one that nobody asked for; it was ended` },
      { kernel: 'answersShort', ends: 'crashed', says: `${noAnswer}to execute: outputs[0].y has 3 elements, not 152` },
      { kernel: 'breaksBuiltIns', ends: 'crashed', says: `${noAnswer}to execute: ` },
      { kernel: 'closesChannel', ends: 'crashed', says: /^the process / },
    ],
  },
  {
    what: 'cannot be opened',
    options: ['--time-limit', '3'],
    rows: [
      {
        kernel: 'loopsAtImport',
        ends: 'timed-out',
        says: 'when it was opened: no answer within 10 s; the process was ended',
        both: ['timed-out', 'timed-out'],
      },
      {
        kernel: 'neverOpens',
        ends: 'timed-out',
        says: 'when it was opened: no answer within 10 s; the process was ended',
        both: ['timed-out', 'timed-out'],
      },
      {
        kernel: 'exitsAtImport',
        ends: 'crashed',
        says: 'when it was opened: the process ended with exit status 0',
        both: ['crashed', 'crashed'],
      },
    ],
  },
  {
    what: 'cannot be closed, which counts for its last case',
    options: [],
    rows: [
      {
        kernel: 'closeLoops',
        ends: 'timed-out',
        says: 'when it was closed: no answer within 5 s; the process was ended',
        both: ['passed', 'timed-out'],
      },
      {
        kernel: 'closeNever',
        ends: 'timed-out',
        says: 'when it was closed: no answer within 5 s; the process was ended',
        both: ['passed', 'timed-out'],
      },
      {
        kernel: 'closeThrows',
        ends: 'failed',
        says: 'when it was closed: the device was lost',
        both: ['passed', 'failed'],
      },
      {
        kernel: 'closeExits',
        ends: 'crashed',
        says: 'when it was closed: the process ended with exit status 3',
        both: ['passed', 'crashed'],
      },
      { kernel: 'lingers', ends: 'passed' },
    ],
  },
];

describe.each(groups)('a backend that $what spoils one case and nothing else', ({ options, rows }) => {
  let run: { readonly report: Report; readonly stdout: string };

  // All of them side by side in one run: what one does must not reach another either.
  beforeAll(async () => {
    process.env['NORMGAUGE_TEST_MARK'] = join(newFolder(), 'mark');
    const backends = rows.flatMap((row) => ['--backend', kernel(`misbehaving/${row.kernel}`)]);
    const selection = cases.flatMap((address) => ['--case', address]);
    run = await judged('verify', ...backends, ...selection, ...options, '--json', '--quiet');
  });

  it.each(rows)('$kernel: $ends', ({ kernel: name, ends, says, saysThen, both = [ends, 'passed'] }) => {
    const path = kernel(`misbehaving/${name}`);
    const results = run.report.results.filter(({ backend }) => backend === name || backend === path);
    expect(results.map(({ status }) => status)).toEqual(both);
    const spoilt = results.find(({ status }) => status === ends);
    if (says === undefined) expect(spoilt?.cause).toBeUndefined();
    else if (typeof says === 'string') expect(spoilt?.cause?.slice(0, says.length)).toBe(says);
    else expect(spoilt?.cause).toMatch(says);
    if (saysThen !== undefined) expect(results[1]?.cause).toBe(saysThen);
  });

  it('prints nothing but the report', () => {
    expect(JSON.parse(run.stdout)).toEqual(run.report);
  });
});

describe('a case', () => {
  it('that is spoilt by a timer which an earlier one left behind is followed by one in a fresh process', async () => {
    const later = Array.from({ length: 20 }, (_, k) => `inference/nchw/${k + 2}x4x5/normal/onnx`);
    const selection = [cases[0]!, ...later].flatMap((address) => ['--case', address]);
    const { report } = await judged('verify', '--backend', kernel('misbehaving/throwsBetween'), ...selection);
    const spoilt = report.results.filter(({ status }) => status !== 'passed');
    expect(spoilt.map(({ status }) => status)).toEqual(['crashed']);
    expect(spoilt[0]!.cause).toContain('TypeError: thrown much later');
  });
});

describe('what a backend starts', () => {
  it.each(['startsOthers', 'startsAndLoops'])('is gone after the run: %s', async (name) => {
    const pids = join(newFolder(), 'pids');
    process.env['NORMGAUGE_TEST_PIDS'] = pids;
    const args = ['--backend', kernel(`misbehaving/${name}`), '--case', cases[0]!, '--time-limit', '3'];
    await judged('verify', ...args);
    expect(existsSync(pids)).toBe(true);
    const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    expect(started.filter(isRunning)).toEqual([]);
  });
});

describe('a harness that is killed', () => {
  it.each([
    { what: 'no backend in an endless loop, nor what that has started', name: 'startsAndLoops', processes: 2 },
    { what: 'no module that is never loaded to its end', name: 'loopsAtImport', processes: 1 },
  ])('leaves $what', async ({ name, processes }) => {
    const file = join(newFolder(), 'pids');
    process.env['NORMGAUGE_TEST_PIDS'] = file;
    const pids = (): readonly number[] =>
      existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number) : [];
    const child = started('verify', '--backend', kernel(`misbehaving/${name}`), '--case', cases[0]!);
    await expect.poll(() => pids().filter(isRunning).length, { timeout: 60_000 }).toBe(processes);
    child.kill('SIGKILL');
    await expect.poll(() => pids().filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it('lets a run come to its end, and pressed again does not wait for that', async () => {
    const script = fileURLToPath(new URL('listensForSignals.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'exit');
    await expect.poll(() => said, { timeout: 60_000 }).toBe('running\n');
    child.kill('SIGINT');
    await expect.poll(() => said, { timeout: 60_000 }).toBe('running\nstopping\n');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });
});

describe('a backend that hangs in every case', () => {
  it('is waited for less and less after three in a row, and tried on every case', async () => {
    const shapes = [3, 3, 3, 3, 3, 3].map((c, k) => `${k + 2}x${c}x5`);
    const selection = shapes.flatMap((shape) => ['--case', `inference/nchw/${shape}/normal/onnx`]);
    const args = ['--backend', kernel('misbehaving/loops'), ...selection, '--case', cases[1]!];
    const { report } = await judged('verify', ...args, '--time-limit', '4');
    const seconds = report.results.map(({ cause }) => cause && Number(/no answer within (\S+) s/.exec(cause)?.[1]));
    expect(seconds).toEqual([4, 4, 4, 2, 1, 1, undefined]);
    expect(report.results.at(-1)!.status).toBe('passed');
  });
});
