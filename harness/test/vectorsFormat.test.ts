import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../src/usageError.ts';
import { parseVectors, readVectors } from '../src/vectors/readVectors.ts';
import { folderWith, sampleCase } from './vectorSamples.ts';

const good = sampleCase({ mode: 'training', shape: [2, 3, 2], axis: 1 });
const inference = sampleCase({ mode: 'inference', shape: [2, 3], axis: 1 });
const backward = sampleCase({ mode: 'backward', shape: [2, 3], axis: 1 });

const read = (document: unknown) => () => parseVectors(JSON.stringify(document), 'file.json');
const withCase = (change: object, row: object = good) => ({
  source: 'here',
  cases: [inference, { ...row, ...change }],
});

describe('a file of test vectors', () => {
  it.each([
    { what: 'without a version', document: { source: 'here', cases: [good] } },
    { what: 'of version 1', document: { version: 1, source: 'here', cases: [good] } },
    {
      what: 'with everything that is for people only',
      document: {
        source: 'here',
        via: 'there',
        wpt_commit: 'abc',
        tolerance_source: 'elsewhere',
        ulp_note: 'theirs',
        note: 'a note',
        cases: [
          { ...inference, layout: 'NC', epsilon_given: false, constant_stats: true, check: { max_abs: 0 }, note: 'n' },
        ],
      },
    },
    { what: 'with gamma and beta null', document: withCase({ gamma: null, beta: null, name: 'no affine' }) },
  ])('$what is read', ({ document }) => {
    expect(read(document)().cases.length).toBe(document.cases.length);
  });

  it.each<{ what: string; document: unknown; message: RegExp }>([
    { what: 'no object', document: [1], message: /^file\.json: at \$ expected object, got \[1\]$/ },
    { what: 'null', document: null, message: /at \$ expected object, got null$/ },
    { what: 'no source', document: { cases: [good] }, message: /at \$\.source expected a value, got nothing$/ },
    { what: 'no case', document: { source: 'here', cases: [] }, message: /at \$\.cases expected a value that/ },
    {
      what: 'a newer version',
      document: { version: 2, fields: 'that version 1 does not know' },
      message: /at \$\.version expected 1 or lower, got 2, which a newer normgauge wrote; update normgauge to read it$/,
    },
    {
      what: 'a version that is no number',
      document: { version: '1', source: 'here', cases: [good] },
      message: /at \$\.version expected 1, got "1"$/,
    },
    {
      what: 'an unknown mode',
      document: withCase({ mode: 'train' }),
      message:
        /at \$\.cases\[1\]\.mode expected one of "inference", "training", "backward", "backward-frozen", got "train"$/,
    },
    {
      what: 'a misspelled field',
      document: withCase({ espilon: 1 }),
      message: /at \$\.cases\[1\]\.espilon expected no field of that name \(there are name, mode, .*\), got one$/,
    },
    {
      what: 'text for a number',
      document: withCase({ x: [...good.x.slice(1), 'NaN'] }),
      message: /at \$\.cases\[1\]\.x\[11\] expected number, got "NaN"$/,
    },
    {
      what: 'an unknown metric',
      document: withCase({ tolerance: { metric: 'ulps', value: 6 } }),
      message: /at \$\.cases\[1\]\.tolerance\.metric expected one of "ULP", "ATOL", "rtol\/atol", got "ulps"$/,
    },
    {
      what: 'a metric without its value',
      document: withCase({ tolerance: { metric: 'rtol/atol', rtol: 1e-3 } }),
      message: /at \$\.cases\[1\]\.tolerance\.atol expected a value, got nothing$/,
    },
    {
      what: 'a negative eps',
      document: withCase({ epsilon: -1 }),
      message: /at \$\.cases\[1\]\.epsilon .* >= 0, got -1$/,
    },
    {
      what: 'no eps',
      document: withCase({ epsilon: undefined }),
      message: /at \$\.cases\[1\]\.epsilon expected a value, got nothing$/,
    },
    {
      what: 'a tensor of the wrong length',
      document: withCase({ x: good.x.slice(1) }),
      message: /at \$\.cases\[1\]\.x expected 12 numbers, the product of shape 2x3x2, got 11$/,
    },
    {
      what: 'an output of the wrong length',
      document: withCase({ expected: { ...good.expected, batch_mean: [1, 2] } }),
      message: /at \$\.cases\[1\]\.expected\.batch_mean expected 3 numbers, the size of axis 1, got 2$/,
    },
    {
      what: 'rank 6',
      document: withCase({ shape: [1, 2, 3, 1, 2, 1] }),
      message: /at \$\.cases\[1\]\.shape expected a value that must NOT have more than 5 items/,
    },
    {
      what: 'an axis that is not there',
      document: withCase({ axis: 3 }),
      message: /at \$\.cases\[1\]\.axis expected an axis of a tensor of rank 3, -3 to 2, got 3$/,
    },
    {
      what: 'a layout that contradicts the axis',
      document: withCase({ layout: 'NWC' }),
      message: /at \$\.cases\[1\]\.layout expected 3 letters with the C at axis 1, got "NWC"$/,
    },
    {
      what: 'inference without its mean',
      document: withCase({ mean: undefined }, inference),
      message: /at \$\.cases\[1\]\.mean expected a tensor, since mode inference needs it, got nothing$/,
    },
    {
      what: 'a mean without its variance',
      document: withCase({ variance: undefined }),
      message: /at \$\.cases\[1\]\.variance expected a tensor beside mean, got nothing$/,
    },
    {
      what: 'a tensor that the mode has no use for',
      document: withCase({ dy: good.x }),
      message: /at \$\.cases\[1\]\.dy expected nothing, since mode training has no such input, got one$/,
    },
    {
      what: 'a momentum in inference',
      document: withCase({ momentum: 0.9 }, inference),
      message: /at \$\.cases\[1\]\.momentum expected nothing, since mode inference has no such input, got one$/,
    },
    {
      what: 'an output that the mode does not give',
      document: withCase({ expected: { y: [1, 2, 3, 4, 5, 6] } }, backward),
      message: /at \$\.cases\[1\]\.expected\.y expected nothing, since mode backward gives dx, dgamma, dbeta, got one$/,
    },
    {
      what: 'a momentum that does not say what it weighs',
      document: withCase({ momentum_convention: undefined }),
      message: /at \$\.cases\[1\]\.momentum_convention expected a value, since momentum weighs the old value in some/,
    },
    {
      what: 'a running variance that does not say what it is divided by',
      document: withCase({ running_variance_divisor: undefined }),
      message: /at \$\.cases\[1\]\.running_variance_divisor expected a value, since expected has running_mean, got/,
    },
    {
      what: 'the same name twice',
      document: withCase({ name: inference.name }),
      message: /at \$\.cases\[1\]\.name expected a name of its own, got "inference 2x3 axis 1"$/,
    },
  ])('with $what is refused in one sentence with its JSON path', ({ document, message }) => {
    expect(read(document)).toThrow(UsageError);
    expect(read(document)).toThrow(message);
    expect(read(document)).toThrow(/^[^\n]+$/);
  });

  it.each(['', '{"source": "cut sh', '{"source": NaN}'])('that holds %j is refused as no JSON', (text) => {
    const parse = () => parseVectors(text, 'file.json');
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(/^file\.json: at \$ expected test vectors in JSON, got text that is not JSON \([^\n]+\)$/);
  });
});

describe('a folder of test vectors', () => {
  const document = { source: 'here', cases: [good] };

  it('is read file by file in the order of names, and only *.json', () => {
    const folder = folderWith({ 'b.json': document, 'a.json': document, 'README.md': 'not this' });
    expect(readVectors(folder).map(({ path }) => basename(path))).toEqual(['a.json', 'b.json']);
  });

  it('without any *.json is an error', () => {
    expect(() => readVectors(folderWith({ 'README.md': 'nothing' }))).toThrow(/expected \*\.json with test vectors/);
  });

  it('that is not there is an error', () => {
    expect(() => readVectors(join(folderWith({}), 'nowhere'))).toThrow(/nowhere: expected a file or a folder/);
  });

  it('names the damaged file', () => {
    const folder = folderWith({ 'a.json': document, 'b.json': '{' });
    expect(() => readVectors(folder)).toThrow(new RegExp(`^${join(folder, 'b.json')}: at \\$ expected`));
  });
});
