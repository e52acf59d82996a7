import { describe, expect, it } from 'vitest';
import { type DeviceTiming, type Report, renderTerminal, validateReport } from '../src/index.ts';
import { renderHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';

const device: DeviceTiming = {
  nsPerElement: 0.3125,
  copyNsPerElement: 0.25,
  timesCopy: 1.25,
  samples: 9,
  callsPerSample: 64,
  quantum: 32,
};

/** The sample with a clock on the device of webgpu. */
function clocked(quantum: number): Report {
  const report = sampleReport();
  const results = report.results.map((result) =>
    result.timing && result.backend === 'webgpu'
      ? { ...result, timing: { ...result.timing, device: { ...device, quantum } } }
      : result,
  );
  return validateReport({ ...report, results });
}

const terminal = (report: Report): string => renderTerminal(report, { columns: 200, colour: false });

describe('times by the clock of a device', () => {
  it('stand in the row of their case, with the step of the clock', () => {
    const page = renderHtml(clocked(32));
    expect(page).toContain('device ns/element');
    expect(page).toContain('<td>0.313<td>1.25<td>9 × 64, step 32.0 ns');
  });

  it('say where no step of the clock was seen', () => {
    expect(renderHtml(clocked(0))).toContain('9 × 64, step not seen');
  });

  it('stand below the table of the terminal, marked where the device is an emulation', () => {
    const line = terminal(clocked(32))
      .split('\n')
      .find((text) => text.startsWith('webgpu, ns/element by the clock'));
    expect(line).toMatch(/: (.+ 0\.313)(, .+ 0\.313)*; a software adapter: compare with nothing$/);
  });

  it('have neither column nor line where no device has a clock', () => {
    expect(renderHtml(sampleReport())).not.toContain('device ns/element');
    expect(terminal(sampleReport())).not.toContain('clock of its device');
  });
});
