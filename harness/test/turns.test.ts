import { describe, expect, it } from 'vitest';
import { Turns } from '../src/commands/turns.ts';

const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('turns', () => {
  it('begin when all have come, and never two at once', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const go = async (name: string, way: number, place: ReturnType<Turns['place']>) => {
      await soon(way);
      log.push(`${name} comes`);
      await place.take(async () => {
        log.push(`${name} begins`);
        await soon(5);
        log.push(`${name} ends`);
      });
    };
    const [a, b, c] = [turns.place(), turns.place(), turns.place()];
    await Promise.all([go('a', 20, a), go('b', 0, b), go('c', 10, c)]);
    expect(log).toEqual([
      ...['b comes', 'c comes', 'a comes'],
      ...['b begins', 'b ends', 'c begins', 'c ends', 'a begins', 'a ends'],
    ]);
  });

  it('do not wait for whoever left, and leaving after a turn changes nothing', async () => {
    const turns = new Turns();
    const [a, b, c] = [turns.place(), turns.place(), turns.place()];
    const first = a.take(async () => 'a');
    a.leave();
    c.leave();
    c.leave();
    expect(await b.take(async () => 'b')).toBe('b');
    expect(await first).toBe('a');
  });

  it('go on after one that threw, which hears of it itself', async () => {
    const turns = new Turns();
    const [a, b] = [turns.place(), turns.place()];
    const thrown = expect(a.take(() => Promise.reject(new Error('slipped')))).rejects.toThrow('slipped');
    expect(await b.take(async () => 'b')).toBe('b');
    await thrown;
  });
});
