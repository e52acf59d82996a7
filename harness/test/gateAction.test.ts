import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe.each(['action.yml', 'docs/ci.md'])('%s', (path) => {
  const text = textOf(path);

  it('names every action by the hash of a commit', () => {
    const uses = [...text.matchAll(/uses: (\S+)/g)].map(([, name]) => name!);
    expect(uses.length).toBeGreaterThan(0);
    for (const name of uses) expect(name).toMatch(/^(actions\/[\w-]+@[0-9a-f]{40}|OWNER\/normgauge@COMMIT)$/);
  });

  it('puts nothing that somebody else wrote into a script', () => {
    const scripts = [...text.matchAll(/run: (?:\|\n((?: {8,}.*\n|\n)+)|(.*))/g)].map(
      ([, block, line]) => block ?? line!,
    );
    expect(scripts.length).toBeGreaterThan(2);
    for (const script of scripts) expect(script).not.toContain('${{');
  });
});
