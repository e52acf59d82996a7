import { describe, expect, it } from 'vitest';
import { type Beside, type BesideResult, type Report, validateBeside, validateReport } from '../src/index.ts';
import { renderHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';

const time = { median: 4000, low: 3900, high: 4200, confidence: 0.95, samples: 31, callsPerSample: 100 };

/** The sample with webgpu on a GPU, every case of it timed by the clock of the device at 0.25 ns/element. */
function onGpu(name: string, software: boolean): Report {
  const report = sampleReport();
  return {
    ...report,
    backends: report.backends.map((entry) =>
      entry.device?.kind === 'gpu' ? { ...entry, device: { ...entry.device, name, software } } : entry,
    ),
    results: report.results.map((result) => {
      if (result.backend !== 'webgpu' || !result.timing) return result;
      const clock = { copyNsPerElement: 0.2, timesCopy: 1.25, samples: 9, callsPerSample: 8, quantum: 32 };
      return { ...result, timing: { ...result.timing, software, device: { nsPerElement: 0.25, ...clock } } };
    }),
  };
}

const timed = sampleReport().results.find(({ backend, timing }) => backend === 'webgpu' && timing)!;

/** Another program at the same case: so many nanoseconds an element, a copy half of that. */
function beside(nsPerElement: number, other: Partial<Beside> = {}, at: Partial<BesideResult> = {}): Beside {
  const { op, layout, shape } = timed;
  const median = nsPerElement * timed.timing!.elements;
  const run = { ...time, median, low: median * 0.99, high: median * 1.02 };
  const copy = { ...time, median: median / 2 };
  return {
    version: 1,
    name: 'PyTorch',
    startedAt: '2026-03-14T15:19:26.000Z',
    device: 'NVIDIA H200',
    versions: { torch: '2.9.0' },
    results: [{ op, layout, shape, launched: 'graph', run, copy, ...at }],
    ...other,
  };
}

const page = (report: Report, other: Beside): string => renderHtml(validateReport({ ...report, beside: other }));
const sectionOf = (text: string): string => /<section id="beside".*?<\/section>/s.exec(text)?.[0] ?? '';

describe('another program on the page', () => {
  it('stands beside the backend on the same GPU, whatever the driver puts between the words of its name', () => {
    const shown = sectionOf(page(onGpu('nvidia-h200', false), beside(0.5)));
    expect(shown).toMatch(/<td class="n">0\.250<td class="n">3\d\.\d<td/);
    expect(shown).toContain(
      '<td class="n">1.25<td class="n">0.500<td class="n">±2.0 %<td class="n">2.00<td class="n">0.500',
    );
    expect(shown).toContain('<td>device<td>graph');
    expect(shown).toMatch(/(\d+) of \1 cases? took less time here/);
  });

  it('is in no ratio to an emulation', () => {
    const shown = sectionOf(page(onGpu('SwiftShader Device', true), beside(0.5)));
    expect(shown).toContain('a software adapter: there is no ratio of these');
    expect(shown).not.toContain('took less time');
    expect(shown).toContain('<td class="n">2.00<td class="n">–');
  });

  it('is in no ratio to another GPU', () => {
    expect(sectionOf(page(onGpu('nvidia-a100', false), beside(0.5)))).toContain('there is no ratio of these');
  });

  it('says that no case was timed by both', () => {
    const shown = sectionOf(page(onGpu('nvidia-h200', false), beside(0.5, {}, { shape: [9, 9] })));
    expect(shown).toContain('No case was timed by both');
  });

  it('appears as text, whatever it calls itself', () => {
    const hostile = '<script>alert(1)</script>';
    const named = beside(
      0.5,
      { name: hostile, device: hostile, versions: { [hostile]: hostile } },
      { launched: hostile },
    );
    const shown = page(onGpu('nvidia-h200', false), named);
    expect(shown).not.toContain(hostile);
    expect(sectionOf(shown)).toContain('Beside &lt;script&gt;');
  });

  it('leaves the page alone where it was not handed in', () => {
    expect(renderHtml(sampleReport())).not.toContain('id="beside"');
  });
});

describe('the file of another program', () => {
  it('is taken as it comes', () => {
    const good = beside(0.5);
    expect(validateBeside(good, 'torch.json')).toBe(good);
  });

  const [result] = beside(0.5).results;
  it.each<readonly [string, object, string]>([
    ['a newer version', { version: 2 }, '$.version expected one of 1, got 2'],
    ['no versions', { versions: undefined }, '$.versions expected'],
    ['a time of 0', { results: [{ ...result, run: { ...time, median: 0 } }] }, '$.results[0].run.median expected'],
    ['a time in words', { results: [{ ...result, copy: { ...time, low: 'soon' } }] }, '$.results[0].copy.low expected'],
    ['a shape of one size', { results: [{ ...result, shape: [4] }] }, '$.results[0].shape expected'],
  ])('is refused with %s, and where', (_, change, says) => {
    const damaged = { ...beside(0.5), ...change };
    expect(() => validateBeside(damaged, 'torch.json')).toThrow(`torch.json: at ${says}`);
    expect(() => validateBeside(damaged, 'torch.json')).toThrow('torch_batch_norm.py');
  });
});
