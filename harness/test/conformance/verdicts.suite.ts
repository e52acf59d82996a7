import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layouts, ops } from '@normgauge/contract';
import { describeConformance } from '../../src/conformance/describeConformance.ts';
import { newFolder } from '../commandLine.ts';

/*
 * What somebody's own test file would say, once for every way in which a case can end; `conformance.test.ts` runs it in a
 * Vitest of its own and looks at what became of it.
 */

const kernel = (name: string): URL => new URL(`../kernels/${name}.mjs`, import.meta.url);

const known = join(newFolder(), 'expectations.json');
writeFileSync(
  known,
  JSON.stringify([
    { backend: 'eps-outside', case: 'inference/**', status: 'failed', reason: 'as published', until: '2099-12-31' },
    { backend: 'eps-outside', case: 'backward/**', status: 'failed', reason: 'as published', until: '2099-12-31' },
  ]),
);

describeConformance({
  module: kernel('correct'),
  cases: ops.flatMap((op) => layouts.map((layout) => `${op}/${layout}/3x5x7x3/normal/pytorch`)),
});

describeConformance({
  name: 'wrong',
  module: kernel('wrongDivisor'),
  cases: ['forward-training/nchw/2x3x2/normal/keras', 'inference/nchw/2x3x2/normal/keras'],
  seed: 7,
});

for (const name of ['hang', 'exits']) {
  describeConformance({
    name,
    module: kernel(name),
    cases: [
      'inference/nchw/2x4x2/normal/keras',
      'inference/nchw/2x3x2/normal/keras',
      'backward/nchw/2x4x2/normal/keras',
    ],
    timeLimit: 1,
  });
}

for (const require of [false, true]) {
  const cases = ['inference/nchw/2x3x2/normal/keras'];
  describeConformance({ name: `unavailable, require ${require}`, module: kernel('unavailable'), cases, require });
  describeConformance({ name: `unsupported, require ${require}`, module: kernel('refusesInference'), cases, require });
}

describeConformance({ name: 'weak data', module: kernel('correct'), cases: ['backward/nchw/1x2/normal/onnx'] });

describeConformance({
  name: 'known failure',
  module: kernel('epsOutside'),
  cases: ['inference/nchw/4x3x5x5/tiny-variance/pytorch', 'backward/nchw/2x3x2/normal/pytorch'],
  expectations: known,
});

describeConformance({
  name: 'one convention',
  module: kernel('correct'),
  cases: ['inference/nchw/3x5x7x3/normal/pytorch'],
  conventions: ['eps=0.002,outside-sqrt,m-1,m,w=0.3,guard'],
});

describeConformance({
  name: 'tried again',
  module: kernel('wrongAtFirst'),
  cases: ['inference/nchw/2x3x2/normal/keras'],
});

describeConformance({
  name: 'TypeScript',
  module: new URL('../kernels/typed.ts', import.meta.url),
  cases: ['inference/nchw/2x3x2/normal/keras'],
});

describeConformance({ name: 'no backend', module: kernel('wrongExport'), suite: 'smoke', cases: ['inference/'] });
