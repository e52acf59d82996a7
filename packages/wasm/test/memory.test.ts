import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacity, roundUp, WasmMemory } from '../src/memory.ts';

/** Either a request for so many bytes, or the return of one of the blocks held at that time. */
const steps = fc.array(
  fc.oneof(fc.record({ bytes: fc.integer({ min: 0, max: 5000 }) }), fc.record({ give: fc.nat() })),
  { maxLength: 200 },
);

describe('WebAssembly memory', () => {
  it('hands out aligned blocks that never overlap, and is one gap again when all are back', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const memory = new WasmMemory();
        const held: { address: number; size: number }[] = [];
        for (const step of list) {
          if ('bytes' in step) {
            const address = memory.allocate(step.bytes);
            const size = roundUp(Math.max(step.bytes, 1));
            expect(address % 64).toBe(0);
            expect(address).toBeGreaterThan(0);
            expect(address + size).toBeLessThanOrEqual(memory.memory.buffer.byteLength);
            for (const other of held) {
              expect(address + size <= other.address || other.address + other.size <= address).toBe(true);
            }
            held.push({ address, size });
          } else if (held.length > 0) {
            memory.free(held.splice(step.give % held.length, 1)[0]!.address);
          }
          expect(memory.used).toBe(held.reduce((sum, { size }) => sum + size, 0));
        }
        for (const { address } of held) memory.free(address);
        expect(memory.largestGap).toBe(capacity);
      }),
      { seed: 20240607, numRuns: 60 },
    );
  });

  it('takes the first gap that is large enough', () => {
    const memory = new WasmMemory();
    const [a, b, c] = [640, 64, 640].map((bytes) => memory.allocate(bytes)) as [number, number, number];
    memory.free(a);
    expect(memory.allocate(641)).toBe(c + 640);
    expect(memory.allocate(64)).toBe(a);
    memory.free(b);
    expect(memory.allocate(600)).toBe(a + 64);
  });

  it('refuses to take back what it did not give', () => {
    const memory = new WasmMemory();
    const address = memory.allocate(64);
    memory.free(address);
    expect(() => memory.free(address)).toThrow(`memory: expected an address in use, got ${address}`);
  });

  it('refuses more than there can be and then has lost nothing', () => {
    const memory = new WasmMemory();
    const address = memory.allocate(64);
    expect(() => memory.allocate(capacity)).toThrow(/^memory: expected \d+ free bytes in one piece, got at most \d+/);
    expect(memory.used).toBe(64);
    memory.free(address);
    expect(memory.largestGap).toBe(capacity);
  });
});
