import type { DeviceTime } from '@normgauge/contract';
import type { Gpu } from './gpu.ts';
import { mapRead, usage } from './usage.ts';

/** Timestamps that are taken at once to see the device's clock tick. */
const looks = 64;

/**
 * The clock of a device, which has the feature `timestamp-query`. Its step is not told by WebGPU, and implementations make it coarser
 * on purpose (Dawn to about 100 µs, unless `timestamp_quantization` is disabled). It is the smallest difference, other than 0, that was
 * seen between any two timestamps since the device was opened.
 *
 * https://www.w3.org/TR/webgpu/#timestamp
 */
export class Timestamps {
  readonly #gpu: Gpu;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;
  #smallest = Number.POSITIVE_INFINITY;
  /** One measurement at a time: they share the buffers. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(gpu: Gpu) {
    const { device } = gpu;
    const size = looks * BigUint64Array.BYTES_PER_ELEMENT;
    this.#gpu = gpu;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: looks });
    this.#resolved = device.createBuffer({ size, usage: usage.queryResolve | usage.copySource });
    this.#staging = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
  }

  /**
   * The time between the ends of two empty passes, with what `encode` encodes between them, on a queue that is idle. The end of a pass is
   * reached when everything before it is done; its beginning may come earlier.
   * @throws {Error} when the device does not take the work, or is lost
   */
  async between(encode: (encoder: GPUCommandEncoder) => void): Promise<DeviceTime> {
    if (this.#smallest === Number.POSITIVE_INFINITY) {
      await this.#take(looks, (encoder) => {
        for (let k = 0; k < looks; k++) this.#mark(encoder, k);
      });
    }
    const [start, end] = await this.#take(2, (encoder) => {
      this.#mark(encoder, 0);
      encode(encoder);
      this.#mark(encoder, 1);
    });
    const quantum = Number.isFinite(this.#smallest) ? this.#smallest : 0;
    // the clock of a device may be reset between two timestamps, and then says nothing
    return { nanoseconds: Math.max(0, Number(end! - start!)), quantum };
  }

  #mark(encoder: GPUCommandEncoder, endOfPassWriteIndex: number): void {
    encoder.beginComputePass({ timestampWrites: { querySet: this.#queries, endOfPassWriteIndex } }).end();
  }

  #take(count: number, encode: (encoder: GPUCommandEncoder) => void): Promise<BigUint64Array> {
    const taken = this.#last.then(async () => {
      const size = count * BigUint64Array.BYTES_PER_ELEMENT;
      await this.#gpu.guarded('deviceTime', () => {
        const encoder = this.#gpu.device.createCommandEncoder();
        encode(encoder);
        encoder.resolveQuerySet(this.#queries, 0, count, this.#resolved, 0);
        encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, size);
        this.#gpu.device.queue.submit([encoder.finish()]);
      });
      await this.#gpu.orLost('deviceTime', this.#staging.mapAsync(mapRead, 0, size));
      const times = new BigUint64Array(this.#staging.getMappedRange(0, size).slice(0));
      this.#staging.unmap();
      this.#see(times);
      return times;
    });
    this.#last = taken.catch(() => {});
    return taken;
  }

  #see(times: BigUint64Array): void {
    const sorted = times.toSorted();
    for (let k = 1; k < sorted.length; k++) {
      const step = Number(sorted[k]! - sorted[k - 1]!);
      if (step > 0) this.#smallest = Math.min(this.#smallest, step);
    }
  }
}
