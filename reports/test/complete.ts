import type {
  BackendEntry,
  Beside,
  BesideResult,
  DeviceEntry,
  DeviceTiming,
  Diagnosis,
  Distribution,
  Environment,
  Excuse,
  Finding,
  GradientCheck,
  Interval,
  KillFamily,
  KillTable,
  Network,
  NetworkLayer,
  Part,
  ProtocolCheck,
  Report,
  Result,
  Selection,
  Shard,
  TensorAgreement,
  Timing,
  WorstElement,
} from '../src/index.ts';

/** The same type with nothing left out: the compiler then insists on every optional field. */
export type Complete<T> = T extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : T extends object
    ? { readonly [K in keyof T]-?: Complete<T[K]> }
    : T;

/** Names of the fields that a type lets its objects leave out. */
// biome-ignore lint/complexity/noBannedTypes: {} is how TypeScript asks whether a field may be absent
type OptionalKeys<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? K : never }[keyof T];
type Optional<T> = Record<OptionalKeys<T>, true>;

/** Every optional field of every type, exactly: the compiler refuses one too many and one too few. */
export const optionalFields: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  Report: { networks: true, killTable: true, beside: true, parts: true } satisfies Optional<Report>,
  Beside: {} satisfies Optional<Beside>,
  BesideResult: {} satisfies Optional<BesideResult>,
  BesideTime: {} satisfies Optional<BesideResult['run']>,
  KillTable: {} satisfies Optional<KillTable>,
  KillFamily: {} satisfies Optional<KillFamily>,
  KillCheck: {} satisfies Optional<KillFamily['by'][number]>,
  Network: {} satisfies Optional<Network>,
  NetworkLayer: {} satisfies Optional<NetworkLayer>,
  Part: {} satisfies Optional<Part>,
  Shard: {} satisfies Optional<Shard>,
  Tool: {} satisfies Optional<Report['tool']>,
  Environment: {
    commit: true,
    dirty: true,
    branch: true,
    subject: true,
    committedAt: true,
  } satisfies Optional<Environment>,
  Selection: { conventions: true, shard: true, budget: true } satisfies Optional<Selection>,
  BackendEntry: { version: true, module: true, unavailable: true, device: true } satisfies Optional<BackendEntry>,
  DeviceEntry: {} satisfies Optional<DeviceEntry>,
  Result: {
    reason: true,
    cause: true,
    dtype: true,
    diagnosis: true,
    excused: true,
    grade: true,
    timing: true,
    part: true,
  } satisfies Optional<Result>,
  Diagnosis: {} satisfies Optional<Diagnosis>,
  Finding: {} satisfies Optional<Finding>,
  Excuse: {} satisfies Optional<Excuse>,
  TensorAgreement: { worst: true } satisfies Optional<TensorAgreement>,
  WorstElement: {} satisfies Optional<WorstElement>,
  GradientCheck: {} satisfies Optional<GradientCheck>,
  ProtocolCheck: { message: true } satisfies Optional<ProtocolCheck>,
  Timing: { device: true, timesCopyInterval: true } satisfies Optional<Timing>,
  DeviceTiming: {} satisfies Optional<DeviceTiming>,
  Traffic: {} satisfies Optional<Timing['traffic']>,
  Distribution: { interval: true, visits: true } satisfies Optional<Distribution>,
  Interval: {} satisfies Optional<Interval>,
};

/** Every value that the types allow where they allow only some. */
export const choices: Readonly<Record<string, readonly string[]>> = {
  Status: Object.keys({
    passed: true,
    failed: true,
    untrusted: true,
    skipped: true,
    crashed: true,
    'timed-out': true,
    invalid: true,
  } satisfies Record<Result['status'], true>),
  Grade: Object.keys({ A: true, B: true, C: true, F: true } satisfies Record<TensorAgreement['grade'], true>),
  'GradientCheck.method': Object.keys({ reference: true, oracle: true, differences: true } satisfies Record<
    GradientCheck['method'],
    true
  >),
  'Timing.copiedBy': Object.keys({ harness: true, backend: true } satisfies Record<Timing['copiedBy'], true>),
  'Selection.command': Object.keys({ run: true, verify: true, bench: true } satisfies Record<
    Selection['command'],
    true
  >),
  'DeviceEntry.kind': Object.keys({ cpu: true, gpu: true } satisfies Record<DeviceEntry['kind'], true>),
};

const distribution: Complete<Distribution> = {
  samples: 64,
  callsPerSample: 3,
  median: 0.25,
  min: 0.24,
  p75: 0.26,
  mad: 0.005,
  preempted: 0.03125,
  interval: { low: 0.248, high: 0.253, confidence: 0.95 },
  visits: 4,
};

const environment: Complete<Environment> = {
  cpu: 'AMD EPYC 7B13',
  cores: 2,
  memory: 8589934592,
  os: 'Linux 6.1.0',
  arch: 'x64',
  node: '20.20.2',
  v8: '11.3.244.8',
  commit: 'e3dbabb0c1d2e3f4a5b60718293a4b5c6d7e8f90',
  dirty: false,
  branch: 'main',
  subject: 'Sum each channel in two halves',
  committedAt: '2026-03-14T12:00:00Z',
  load: 0.75,
};

const selection: Complete<Selection> = {
  command: 'verify',
  suite: 'standard',
  seed: 1,
  backends: ['wasm'],
  cases: ['backward/**'],
  conventions: ['pytorch'],
  shard: { index: 1, of: 2 },
  budget: 60,
};

/** A report in which every field is present. */
export const completeReport: Complete<Report> = {
  schema: 'https://normgauge.dev/report.schema.json',
  version: 1,
  tool: { name: 'normgauge', version: '0.1.0' },
  startedAt: '2026-03-14T15:09:26.535Z',
  seconds: 93.4,
  interrupted: true,
  environment,
  selection,
  backends: [
    {
      id: 'wasm',
      version: '0.1.0',
      module: './wasm.mjs',
      unavailable: 'no SIMD',
      device: { kind: 'cpu', name: 'AMD EPYC 7B13', software: false, details: { simd: '128 bit' } },
      declares: { statistics: 'two-pass' },
    },
  ],
  results: [
    {
      backend: 'wasm',
      case: 'backward/nchw/3x5x7x11/large-mean/pytorch',
      op: 'backward',
      layout: 'nchw',
      shape: [3, 5, 7, 11],
      fill: 'large-mean',
      convention: 'pytorch',
      dtype: 'f16',
      seed: 1,
      status: 'failed',
      reason: 'none',
      cause: 'dx: the variance term is missing',
      diagnosis: {
        findings: [
          {
            cause: 'variance term missing from dx',
            says: 'dx lacks −x̂·Σdy·x̂/m',
            certainty: 'certain',
            evidence: 'accounts for 7 of 7 wrong elements',
          },
        ],
        tested: 321,
        follows: ['keras'],
      },
      excused: { reason: 'published like this', until: '2027-12-31' },
      catches: 'one-pass variance',
      seconds: 0.25,
      grade: 'F',
      tensors: [
        {
          name: 'dx',
          elements: 1155,
          checked: 231,
          mismatches: 7,
          headroom: 'NaN',
          grade: 'F',
          worst: { index: 12, position: 'n=0 c=0 s=12', got: 'NaN', expected: 0.25, allowed: 1e-7 },
        },
      ],
      gradients: [
        {
          method: 'differences',
          of: 'dx, direction 1',
          got: '-Infinity',
          expected: 0.61,
          allowed: 1e-6,
          ratio: 'Infinity',
          passed: false,
        },
      ],
      checks: [{ name: 'guard-zones', passed: false, message: 'wrote behind dx' }],
      timing: {
        resident: distribution,
        endToEnd: distribution,
        copy: distribution,
        elements: 1155,
        nsPerElement: 0.36,
        gigabytesPerSecond: 22.2,
        traffic: { bytes: 13860, formula: '(2 reads + 1 write) × 4 bytes × elements' },
        timesCopy: 1.9,
        timesCopyInterval: { low: 1.85, high: 1.98, confidence: 0.95 },
        ofRoof: 0.55,
        copiedBy: 'harness',
        software: false,
        device: {
          nsPerElement: 0.31,
          copyNsPerElement: 0.29,
          timesCopy: 1.07,
          samples: 9,
          callsPerSample: 64,
          quantum: 32,
        },
      },
      reproduce: 'normgauge verify --backend ./wasm.mjs --case backward/nchw/3x5x7x11/large-mean/pytorch --seed 1',
      part: 0,
    },
  ],
  networks: [
    {
      name: 'ResNet-50',
      source: 'oneDNN',
      layout: 'nchw',
      fill: 'normal',
      convention: 'pytorch',
      layers: [{ shape: [4, 64, 56, 56], times: 6 }],
    },
  ],
  killTable: {
    seed: 1,
    cases: 41,
    families: [{ family: 'indexing', wrong: 7, killed: 6, by: [{ check: 'guard-zones', kernels: 6 }] }],
    survivors: ['skips-last'],
    right: 3,
    falseAlarms: ['welford'],
  },
  beside: {
    version: 1,
    name: 'PyTorch',
    startedAt: '2026-03-14T15:19:26Z',
    device: 'NVIDIA H200',
    versions: { torch: '2.9.0', cuda: '12.8' },
    results: [
      {
        op: 'backward',
        layout: 'nchw',
        shape: [3, 5, 7, 11],
        launched: 'graph',
        run: { median: 9000, low: 8900, high: 9100, confidence: 0.95, samples: 25, callsPerSample: 100 },
        copy: { median: 3000, low: 2900, high: 3100, confidence: 0.95, samples: 25, callsPerSample: 100 },
      },
    ],
  },
  parts: [{ startedAt: '2026-03-14T15:09:26.535Z', seconds: 93.4, interrupted: true, environment, selection }],
};
