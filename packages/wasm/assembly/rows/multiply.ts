// dx = dy·scale for channels whose elements lie in rows (NCHW): the gradient with frozen statistics.
//
// dy, dx [N,C,S], S ≥ 8; they never overlap. The scales come from the records (channels.ts), float32.
//
// One row at a time, since the sums of the same row have just brought it to the L1 cache (backward.ts).

import { scaleAt } from '../channels';
import { bytes } from '../job';

export function multiplyRow(dy: usize, toDx: usize, length: u32, record: usize): void {
  const a = v128.load32_splat(record + scaleAt);
  let left = length;
  for (; left >= 16; left -= 16) {
    const dx = dy + toDx;
    v128.store(dx, f32x4.mul(v128.load(dy), a));
    v128.store(dx, f32x4.mul(v128.load(dy, 16), a), 16);
    v128.store(dx, f32x4.mul(v128.load(dy, 32), a), 32);
    v128.store(dx, f32x4.mul(v128.load(dy, 48), a), 48);
    dy += 64;
  }
  for (; left >= 4; left -= 4) {
    v128.store(dy + toDx, f32x4.mul(v128.load(dy), a));
    dy += 16;
  }
  if (left > 0) {
    dy += bytes(left) - 16;
    v128.store(dy + toDx, f32x4.mul(v128.load(dy), a));
  }
}
