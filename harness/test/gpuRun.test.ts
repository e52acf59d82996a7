import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport } from '@normgauge/reports';
import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { suiteNamed } from '../src/cases/select.ts';
import { newFolder, normgauge, type Outcome } from './commandLine.ts';

const scripts = fileURLToPath(new URL('../../scripts/', import.meta.url));
const torchScript = join(scripts, 'torch_batch_norm.py');
const python = spawnSync('python3', ['--version']).status === 0;

function gpuRun(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    const child = execFile(process.execPath, [join(scripts, 'gpu-run.mjs'), ...args], options, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** What scripts/torch_batch_norm.py writes, made by hand. */
const besideText = JSON.stringify({
  version: 1,
  name: 'PyTorch',
  startedAt: '2026-03-14T15:19:26.000Z',
  device: 'NVIDIA H200',
  versions: { torch: '2.9.0' },
  results: [
    {
      op: 'inference',
      layout: 'nchw',
      shape: [1, 64, 56, 56],
      launched: 'graph',
      run: { median: 4000, low: 3900, high: 4100, confidence: 0.96, samples: 31, callsPerSample: 100 },
      copy: { median: 3000, low: 2900, high: 3100, confidence: 0.96, samples: 31, callsPerSample: 100 },
    },
  ],
});

/** A program that answers like a python3 with torch. */
function pythonWithTorch(folder: string): string {
  const path = join(folder, 'python3');
  writeFileSync(join(folder, 'times.json'), besideText);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = -c ] && exit 0\ncp '${join(folder, 'times.json')}' "$3"\n`);
  chmodSync(path, 0o755);
  return path;
}

describe.skipIf(process.platform !== 'linux')('scripts/gpu-run.mjs', () => {
  it('runs to its end on a software adapter where that is allowed, and leaves everything in one folder', async () => {
    const folder = newFolder();
    const out = join(folder, 'run');
    const cases = ['--suite', 'limits', '--case', 'inference/nchw/1x64x56x56/normal/pytorch'];
    const { status, stdout } = await gpuRun(
      ['--allow-software', '--out', out, '--python', pythonWithTorch(folder), ...cases],
      { NORMGAUGE_WEBGPU_ADAPTER: 'software' },
    );
    expect(stdout).toContain('page: ');
    expect(status).toBe(0);
    for (const file of ['device.json', 'verify.log', 'bench.log', 'torch.json', 'verify/report.json']) {
      expect(existsSync(join(out, file)), file).toBe(true);
    }
    const report = parseReport(readFileSync(join(out, 'bench', 'report.json'), 'utf8'), 'report.json');
    expect(report.results).toMatchObject([{ status: 'passed', timing: { software: true } }]);
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    expect(page).toContain('Beside PyTorch');
    expect(page).toContain('a software adapter: there is no ratio of these');
  });

  it('goes without PyTorch where there is none, and says so', async () => {
    const out = join(newFolder(), 'run');
    const { status, stdout } = await gpuRun(
      [
        '--allow-software',
        '--out',
        out,
        '--python',
        'no-such-python',
        '--suite',
        'limits',
        '--case',
        'inference/nchw/256x512/normal/pytorch',
      ],
      { NORMGAUGE_WEBGPU_ADAPTER: 'software' },
    );
    expect(stdout).toContain('no-such-python has no torch with CUDA: PyTorch is not timed');
    expect(stdout).toContain('the adapter has no shader-f16: nothing is verified in float16');
    expect(status).toBe(0);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).not.toContain('Beside PyTorch');
  });

  it('refuses to go on without a GPU, with one sentence that says what is missing and what to do', async () => {
    const out = join(newFolder(), 'run');
    const { status, stderr } = await gpuRun(['--out', out], { VK_DRIVER_FILES: '/nowhere.json' });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^gpu-run: (no Vulkan loader \(.+\): install it .*|VK_DRIVER_FILES names \/nowhere\.json, which does not exist: .*)\n$/,
    );
  });

  it('says why webgpu does not open, and how to learn more', async () => {
    const args = ['--allow-software', '--out', join(newFolder(), 'run')];
    const { status, stderr } = await gpuRun(args, { NORMGAUGE_WEBGPU_ADAPTER: 'quick' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^gpu-run: webgpu does not open: .+ expected hardware or software, got "quick"; .+\n$/);
  });

  it('refuses what it does not know, and shows what it knows', async () => {
    const { status, stderr } = await gpuRun(['--quick']);
    expect(status).toBe(2);
    expect(stderr).toContain('usage: node scripts/gpu-run.mjs');
  });
});

describe.skipIf(!python)('scripts/torch_batch_norm.py', () => {
  it('compiles, and times the shapes of the suite limits in every layout that makes a difference', () => {
    const text = 'import ast, sys; ast.parse(open(sys.argv[1]).read())';
    expect(spawnSync('python3', ['-c', text, torchScript]).status).toBe(0);
    const { stdout, status } = spawnSync('python3', [torchScript, '--dry-run'], { encoding: 'utf8' });
    expect(status).toBe(0);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(0, 3).join('/'));
    const limits = suiteNamed('limits').cases.flatMap(({ id }) => {
      const { op, layout, shape } = caseAt(id).problem;
      const matrix = shape.spatial.length === 0;
      return matrix && layout === 'nhwc' ? [] : [`${op}/${layout}/${[shape.n, shape.c, ...shape.spatial].join('x')}`];
    });
    expect(listed.sort()).toEqual(limits.sort());
  });

  it('finds the interval of a median that normgauge finds', async () => {
    const { intervalOfMedian } = await import('../src/measure/interval.ts');
    const text = `import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); import torch_batch_norm as t
for n in [1, 2, 5, 6, 9, 31, 200]: print(*t.interval_ranks(n))`;
    const { stdout } = spawnSync('python3', ['-c', text, scripts], { encoding: 'utf8' });
    const ours = [1, 2, 5, 6, 9, 31, 200].map((n) => {
      const { low, confidence } = intervalOfMedian(Array.from({ length: n }, (_, k) => k + 1));
      return [low, confidence];
    });
    const theirs = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    theirs.forEach(([rank, confidence], k) => {
      expect(rank).toBe(ours[k]![0]);
      expect(confidence).toBeCloseTo(ours[k]![1]!, 9);
    });
  });

  it('says in a sentence that there is no torch, where there is none', () => {
    const empty = join(newFolder(), 'torch');
    mkdirSync(empty);
    writeFileSync(join(empty, '__init__.py'), 'raise ImportError("none here")\n');
    const { status, stderr } = spawnSync('python3', [torchScript], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: join(empty, '..'), PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^torch_batch_norm\.py: expected PyTorch with CUDA, got none \(none here\)/);
  });
});

describe('normgauge report --beside', () => {
  it.each([
    ['no file', undefined, /--beside .*: expected times in JSON, got ENOENT/],
    ['half a file', '{"version":', /--beside .*: expected times in JSON, got /],
    ['another file', '{"version":1}', /--beside .*: at \$\.\w+ expected a value, got nothing; .*torch_batch_norm\.py/],
  ])('refuses %s with exit status 2 and a sentence', async (_, text, says) => {
    const folder = newFolder();
    await normgauge(
      'verify',
      '--backend',
      'simd-js',
      '--case',
      'inference/nchw/3x5x7x3/normal/pytorch',
      '--out',
      folder,
    );
    const path = join(folder, 'torch.json');
    if (text !== undefined) writeFileSync(path, text);
    const { status, stderr } = await normgauge('report', folder, '--format', 'html', '--beside', path);
    expect(status).toBe(2);
    expect(stderr).toMatch(says);
  });
});
