import { threads } from './geometry.ts';
import { mapRead, usage } from './usage.ts';

/** Workgroups that are looked at. */
const looks = 64;

const probe: string = /* wgsl */ `
enable subgroups;
@group(0) @binding(0) var<storage, read_write> adjacent: array<u32>;
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(local_invocation_index) t: u32,
  @builtin(subgroup_size) size: u32,
  @builtin(subgroup_invocation_id) invocation: u32,
) {
  let neighbour = subgroupShuffleXor(t, 1u);
  adjacent[id.x * ${threads}u + t] = u32(t % size == invocation && neighbour == (t ^ 1u));
}
`;

/**
 * Whether the threads of a subgroup are adjacent in their workgroup, the k-th at a multiple of the subgroup's size plus k. WGSL leaves
 * open how the two are related, for one-dimensional workgroups every driver known does it so, and the reductions rest on it: so it is
 * looked at, once a device. A device that fails here computes without subgroups.
 *
 * @throws {Error} when the device does not take the probe
 *
 * https://www.w3.org/TR/WGSL/#subgroup-invocation-id-builtin-value
 */
export async function subgroupsAreAdjacent(device: GPUDevice): Promise<boolean> {
  const size = looks * threads * Uint32Array.BYTES_PER_ELEMENT;
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: 'subgroup probe', code: probe });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const found = device.createBuffer({ size, usage: usage.storage | usage.copySource });
  const staging = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
  try {
    const buffers = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: found } }],
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, buffers);
    pass.dispatchWorkgroups(looks);
    pass.end();
    encoder.copyBufferToBuffer(found, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    const error = await device.popErrorScope();
    if (error !== null) throw new Error(`subgroup probe: ${error.message.split('\n')[0]}`);
    await staging.mapAsync(mapRead);
    return new Uint32Array(staging.getMappedRange()).every((adjacent) => adjacent === 1);
  } finally {
    found.destroy();
    staging.destroy();
  }
}
