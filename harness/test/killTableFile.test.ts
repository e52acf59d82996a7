import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judged, kernel, newFolder, normgauge } from './commandLine.ts';

const address = 'inference/nchw/2x3x5/normal/onnx';
const folder = newFolder();
const table = join(folder, 'mutants.json');

describe('--kill-table', () => {
  it('puts what mutants prints into a report, and onto its page', async () => {
    const tried = await normgauge(
      'mutants',
      '--suite',
      'smoke',
      '--mutant',
      '{divisor-m-1,eps-*,write-over-input}',
      '--json',
    );
    writeFileSync(table, tried.stdout);
    const { mutants } = JSON.parse(tried.stdout) as { mutants: { family: string; failures: unknown[] }[] };
    const { status, report } = await judged(
      'verify',
      '--backend',
      kernel('correct'),
      '--case',
      address,
      '--kill-table',
      table,
    );
    expect(status).toBe(0);
    const { families, survivors } = report.killTable!;
    expect(families.reduce((sum, { wrong }) => sum + wrong, 0)).toBe(mutants.length);
    expect(survivors).toHaveLength(mutants.filter(({ failures }) => failures.length === 0).length);
    for (const { killed, by } of families) expect(by.reduce((sum, { kernels }) => sum + kernels, 0)).toBe(killed);
    expect(families.flatMap(({ by }) => by.map(({ check }) => check))).toContain('agreement with the reference');
  });

  it('shows it beside a report that was made without', async () => {
    const out = newFolder();
    await normgauge('verify', '--backend', kernel('correct'), '--case', address, '--out', out);
    const page = join(folder, 'page.html');
    const args = ['--kill-table', table, '--format', 'html', '--out', page];
    expect(await normgauge('report', out, ...args)).toMatchObject({ status: 0 });
    expect(readFileSync(page, 'utf8')).toContain('first failed by');
  });

  it.each([
    {
      content: '{"seed": 1}',
      says: /at the top it must have required property 'mutants'; write it with "normgauge mutants --json"/,
    },
    { content: 'nothing', says: /expected a kill table in JSON, got Unexpected token/ },
  ])('refuses what is none: $content', async ({ content, says }) => {
    const path = join(newFolder(), 'other.json');
    writeFileSync(path, content);
    const { status, stderr } = await normgauge('verify', '--kill-table', path);
    expect(stderr).toMatch(says);
    expect(status).toBe(2);
  });
});
