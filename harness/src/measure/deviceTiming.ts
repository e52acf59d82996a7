import type { DeviceTiming } from '@normgauge/reports';
import type { ClockedSamples, DeviceSamples } from '../hosts/protocol.ts';
import { quantile } from './distribution.ts';

/** The device cannot have been at work for longer than it took until the work was done: with room for two clocks that differ. */
const plausible = 1.1;

const medianOf = (values: Float64Array): number => quantile(values.toSorted(), 0.5);

function joined(a: ClockedSamples, b: ClockedSamples): ClockedSamples {
  return {
    nanoseconds: Float64Array.from([...a.nanoseconds, ...b.nanoseconds]),
    milliseconds: Float64Array.from([...a.milliseconds, ...b.milliseconds]),
    callsPerSample: b.callsPerSample,
  };
}

/** The device's samples of two visits to one row as if it had been one. */
export function joinDevice(
  earlier: DeviceSamples | undefined,
  device: DeviceSamples | undefined,
): DeviceSamples | undefined {
  if (!earlier || !device) return device ?? earlier;
  return {
    run: joined(earlier.run, device.run),
    copy: joined(earlier.copy, device.copy),
    quantum: Math.min(earlier.quantum, device.quantum),
  };
}

/** What the device's clock says, as the report holds it: medians, the copy by the same clock beside. */
export function deviceTimingOf({ run, copy, quantum }: DeviceSamples, elements: number): DeviceTiming {
  const nanoseconds = medianOf(run.nanoseconds);
  const copied = medianOf(copy.nanoseconds);
  return {
    nsPerElement: nanoseconds / elements,
    copyNsPerElement: copied / elements,
    timesCopy: nanoseconds / copied,
    samples: run.nanoseconds.length,
    callsPerSample: run.callsPerSample,
    quantum,
  };
}

/** Why the times of the device's clock cannot be true, or undefined when they can. */
export function deviceDoubt(device: DeviceSamples | undefined): string | undefined {
  if (!device) return undefined;
  for (const work of ['run', 'copy'] as const) {
    const { nanoseconds, milliseconds } = device[work];
    const [clocked, passed] = [medianOf(nanoseconds), medianOf(milliseconds) * 1e6];
    if (clocked > plausible * passed) {
      return `the device is said to have taken ${Math.round(clocked)} ns over a ${work} that was complete after ${Math.round(passed)} ns: its clock is wrong`;
    }
  }
  return undefined;
}
