import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

/** Every module that a browser loads with this one, and the packages that these import. */
async function reachable(entry: URL): Promise<{ files: Set<string>; packages: Set<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (file: URL): Promise<void> => {
    if (files.has(file.href)) return;
    files.add(file.href);
    const text = await readFile(file, 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (name!.startsWith('.')) await visit(new URL(name!, file));
      else packages.add(name!);
    }
  };
  await visit(entry);
  return { files, packages };
}

it('loads nothing in a browser but its own modules, the contract and the conversion to float16', async () => {
  const { files, packages } = await reachable(new URL('../src/browser.ts', import.meta.url));
  expect([...packages]).toEqual(['@normgauge/contract', '@petamoriken/float16']);
  expect(files.size).toBeGreaterThan(10);
});

it('finds Node built-ins where there are some, so that the test above could fail', async () => {
  const { packages } = await reachable(new URL('../src/index.ts', import.meta.url));
  expect([...packages]).toContain('node:os');
});
