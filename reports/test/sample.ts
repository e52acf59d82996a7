import type { BackendEntry, Report } from '../src/index.ts';
import { type CaseOf, result, seeded } from './sampleResult.ts';

const backends: readonly BackendEntry[] = [
  {
    id: 'simd-js',
    version: '0.1.0',
    device: { kind: 'cpu', name: 'AMD EPYC 7B13', software: false, details: { cores: '2' } },
    declares: { statistics: 'two-pass', affine: 'folded', depth: 'm/8 + 3', deterministic: 'yes' },
  },
  {
    id: 'wasm',
    version: '0.1.0',
    device: { kind: 'cpu', name: 'AMD EPYC 7B13', software: false, details: { simd: '128 bit' } },
    declares: { statistics: 'two-pass', affine: 'centred', depth: 'm/16 + 4', deterministic: 'yes' },
  },
  {
    id: 'webgpu',
    version: '0.1.0',
    device: {
      kind: 'gpu',
      name: 'SwiftShader Device (Subzero)',
      software: true,
      details: { architecture: 'swiftshader', timestamps: 'no' },
    },
    declares: { statistics: 'welford', affine: 'centred', 'flush to zero': 'yes', 'non-finite': 'unspecified' },
  },
  {
    id: 'wasm-threads',
    unavailable: 'this Node was started with --no-experimental-wasm-threads, so there is no shared memory',
    declares: {},
  },
  { id: 'mine', version: '0.0.0', module: './kernels/mine.mjs', declares: {} },
];

const ops = ['forward-training', 'inference', 'backward', 'backward-frozen'];
const layouts = ['nchw', 'nhwc'];
const sides = [7, 14, 28, 56, 112];

/** The cases of a small, realistic selection: hard data, layers of ResNet-50, digits, and three sweeps. */
export function casesOf(): readonly CaseOf[] {
  const hard = ['exact', 'normal', 'large-mean', 'tiny-variance', 'sparse'];
  const all: CaseOf[] = [];
  const seen = new Set<string>();
  const add = (at: CaseOf): void => {
    const key = JSON.stringify(at);
    if (!seen.has(key)) all.push(at);
    seen.add(key);
  };
  for (const op of ops) {
    for (const layout of layouts) {
      const conventions = op === 'inference' ? ['pytorch', 'webnn'] : ['pytorch', 'darknet'];
      for (const shape of [
        [3, 5, 7, 11],
        [1, 1, 1],
        [2, 3],
        [64, 784],
      ]) {
        for (const fill of hard) {
          for (const convention of conventions) add({ op, layout, shape, fill, convention, timed: false });
        }
      }
      const sweep = (shape: readonly number[]): void =>
        add({ op, layout, shape, fill: 'normal', convention: 'pytorch', timed: true });
      for (const n of [1, 2, 4, 8, 16, 32, 64]) sweep([n, 64, 28, 28]);
      for (const c of [8, 16, 32, 64, 128, 256, 512]) sweep([16, c, 28, 28]);
      for (const side of sides) sweep([16, 64, side, side]);
      for (const shape of [
        [32, 256, 14, 14],
        [32, 2048, 7, 7],
      ])
        sweep(shape);
    }
  }
  return all;
}

export interface SampleOptions {
  readonly interrupted?: boolean;
  readonly cases?: readonly CaseOf[];
  readonly backends?: readonly BackendEntry[];
}

/** A report as a run of five backends leaves it: two right, one on a software GPU, one that could not start, one wrong. */
export function sampleReport(options: SampleOptions = {}): Report {
  const random = seeded(7);
  const cases = options.cases ?? casesOf();
  const entries = options.backends ?? backends;
  return {
    schema: 'https://normgauge.dev/report.schema.json',
    version: 1,
    tool: { name: 'normgauge', version: '0.1.0' },
    startedAt: '2026-03-14T15:09:26.535Z',
    seconds: 93.4,
    interrupted: options.interrupted ?? false,
    environment: {
      cpu: 'AMD EPYC 7B13',
      cores: 2,
      memory: 8 * 2 ** 30,
      os: 'Linux 6.1.0',
      arch: 'x64',
      node: '20.20.2',
      v8: '11.3.244.8',
      commit: 'e3dbabb0c1d2e3f4a5b60718293a4b5c6d7e8f90',
      dirty: true,
      load: 0.75,
    },
    selection: { command: 'run', suite: 'standard', seed: 1, backends: [], cases: [] },
    backends: entries,
    results: entries
      .filter(({ unavailable }) => unavailable === undefined)
      .flatMap(({ id }) => cases.map((at) => result(id, at, random))),
  };
}
