import type {
  Distribution,
  GradientCheck,
  ProtocolCheck,
  Result,
  Status,
  TensorAgreement,
  Timing,
} from '../src/index.ts';

/** Seeded numbers in [0, 1): mulberry32 by Tommy Ettinger. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

const outputsOf: Readonly<Record<string, readonly string[]>> = {
  'forward-training': ['y', 'mean', 'invStd', 'runningMean', 'runningVar'],
  inference: ['y'],
  backward: ['dx', 'dGamma', 'dBeta'],
  'backward-frozen': ['dx', 'dGamma', 'dBeta'],
};

export interface CaseOf {
  readonly op: string;
  readonly layout: string;
  readonly shape: readonly number[];
  readonly fill: string;
  readonly convention: string;
  readonly timed: boolean;
}

function distribution(median: number, random: () => number): Distribution {
  const mad = median * (0.01 + 0.02 * random());
  return {
    samples: 64,
    callsPerSample: Math.max(1, Math.ceil(0.1 / median)),
    median,
    min: median - mad * 1.5,
    p75: median + mad,
    mad,
    preempted: random() < 0.2 ? 0.05 : 0,
    interval: { low: median - mad / 4, high: median + mad / 3, confidence: 0.95 },
  };
}

const nsOf: Readonly<Record<string, number>> = { 'simd-js': 0.62, wasm: 0.36, webgpu: 34, mine: 2.4 };

function timing(backend: string, { op, shape }: CaseOf, random: () => number): Timing {
  const elements = shape.reduce((product, size) => product * size, 1);
  const passes = op.startsWith('backward') ? 3 : 2;
  const software = backend === 'webgpu';
  const copyNs = software ? 9 : 0.16 + 0.14 / (1 + Math.exp(-(Math.log2(elements) - 20)));
  const small = 1 + 2000 / elements;
  const ns = nsOf[backend]! * (passes / 2) * small * (0.9 + 0.2 * random()) + (elements > 2 ** 20 ? 0.12 : 0);
  const milliseconds = (ns * elements) / 1e6;
  const copy = (copyNs * small * elements) / 1e6;
  return {
    resident: distribution(milliseconds, random),
    endToEnd: distribution(milliseconds + copy * 2.2, random),
    copy: distribution(copy, random),
    elements,
    nsPerElement: ns,
    gigabytesPerSecond: (4 * passes) / ns,
    traffic: { bytes: 4 * passes * elements, formula: `${passes} × 4 bytes × ${elements} elements` },
    timesCopy: milliseconds / copy,
    ofRoof: (copy * (passes / 2)) / milliseconds,
    copiedBy: software ? 'backend' : 'harness',
    software,
  };
}

function agreement(name: string, shape: readonly number[], headroom: number, wrong: boolean): TensorAgreement {
  const [n = 1, c = 1, ...spatial] = shape;
  const channel = name !== 'y' && name !== 'dx';
  const elements = channel ? c : n * c * spatial.reduce((a, b) => a * b, 1);
  const expected = 0.4375 + c / 1024;
  const allowed = 2.1e-7;
  return {
    name,
    elements,
    checked: elements,
    mismatches: wrong ? Math.ceil(elements * 0.93) : 0,
    headroom,
    grade: wrong ? 'F' : headroom > 0.6 ? 'B' : 'A',
    worst: {
      index: elements - 1,
      position: channel ? `c=${c - 1}` : `n=${n - 1} c=${c - 1} s=${elements / n / c - 1}`,
      got: expected + allowed * headroom,
      expected,
      allowed,
    },
  };
}

function gradients(op: string, wrong: boolean, random: () => number): readonly GradientCheck[] {
  if (!op.startsWith('backward')) return [];
  const check = (method: GradientCheck['method'], of: string, ratio: number): GradientCheck => ({
    method,
    of,
    got: 0.61 + 1e-6 * ratio,
    expected: 0.61,
    allowed: 1e-6,
    ratio,
    passed: ratio <= 1,
  });
  return [
    check('reference', 'dx, channel 0', wrong ? 4300 : 0.1 + 0.3 * random()),
    check('reference', 'dGamma', 0.1 + 0.2 * random()),
    check('oracle', 'dx, complex step', 0.01 * random()),
    check('differences', 'dx, direction 1', wrong ? 812 : 0.2 + 0.4 * random()),
    check('differences', 'dGamma', 0.2 * random()),
  ];
}

const rules = ['inputs-unchanged', 'guard-zones', 'outputs-complete', 'bitwise-repeat'];

/** What `backend` made of this case; `mine` divides by m−1 and is wrong wherever the variance enters. */
export function result(backend: string, at: CaseOf, random: () => number, seed = 1): Result {
  const { timed, ...fields } = at;
  const address = `${at.op}/${at.layout}/${at.shape.join('x')}/${at.fill}/${at.convention}`;
  const wrong = backend === 'mine' && (at.op === 'forward-training' || at.op === 'backward') && at.layout === 'nchw';
  const unsupported = backend === 'mine' && at.layout === 'nhwc';
  const crashed = backend === 'mine' && at.shape.length === 2 && at.op === 'inference' && !unsupported;
  const weak = at.fill === 'sparse' && at.shape.length === 3;
  const status: Status = unsupported
    ? 'skipped'
    : crashed
      ? 'crashed'
      : wrong
        ? 'failed'
        : weak
          ? 'untrusted'
          : 'passed';
  const ran = status === 'passed' || status === 'failed' || status === 'untrusted';
  const base = { 'simd-js': 0.12, wasm: 0.2, webgpu: 0.35, mine: 0.5 }[backend] ?? 0.3;
  const tensors = ran
    ? outputsOf[at.op]!.map((name, i) => {
        const off = wrong && (i === 0 || name === 'invStd');
        const headroom = off
          ? 5400 * (0.5 + random())
          : base * (0.3 + 1.6 * random()) * (at.fill === 'exact' ? 0.01 : 1);
        return agreement(name, at.shape, headroom, off);
      })
    : [];
  const checks: readonly ProtocolCheck[] = ran ? rules.map((name) => ({ name, passed: true })) : [];
  const outcome = {
    passed: {},
    failed: { cause: 'y: the variance is divided by m−1; with m the deviation disappears' },
    untrusted: { reason: 'y: 62 % of the expected values are zero, so that a pass proves little' },
    skipped: { reason: 'has no kernel for nhwc' },
    crashed: { cause: 'the process ended with exit status 134 while it ran' },
    'timed-out': {},
    invalid: {},
  }[status];
  return {
    backend,
    case: address,
    ...fields,
    seed,
    status,
    ...outcome,
    catches: 'swapped channels, layout mistakes',
    seconds: 0.04 + random() * 0.1,
    ...(ran && {
      grade: tensors
        .map(({ grade }) => grade)
        .sort()
        .at(-1)!,
    }),
    tensors,
    gradients: ran ? gradients(at.op, wrong, random) : [],
    checks,
    ...(timed && status === 'passed' && { timing: timing(backend, at, random) }),
    reproduce: `normgauge verify --backend ${backend === 'mine' ? './kernels/mine.mjs' : backend} --case ${address} --seed ${seed}`,
  };
}
