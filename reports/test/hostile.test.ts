import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { type Report, validateReport } from '../src/index.ts';
import { renderHtml } from '../src/pages.ts';
import { casesOf, sampleReport } from './sample.ts';

const open = (page: string): Document => parseHTML(page).document as unknown as Document;

const textOf = (element: Element | null): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();

describe('hostile text', () => {
  const names = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(2)>',
    "' onmouseover='alert(3)",
    '</style></title></svg><h1>mine</h1>',
    '../../etc/passwd',
    '__proto__',
    'العربية',
    `${'very-long-'.repeat(40)}name`,
    '&lt;b&gt;&amp;',
  ];

  /** The report with every free text replaced; what has a fixed vocabulary stays. */
  function poisoned(value: unknown, text: string, key = ''): unknown {
    const fixed = ['schema', 'startedAt', 'command', 'kind', 'status', 'grade', 'method', 'copiedBy', 'backend', 'id'];
    if (typeof value === 'string') return fixed.includes(key) || Number.isNaN(Number(value)) === false ? value : text;
    if (Array.isArray(value)) return value.map((item) => poisoned(item, text, key));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([k, v]) => [k, poisoned(v, text, k)]);
    return Object.fromEntries(key === 'declares' || key === 'details' ? [...entries, [text, text]] : entries);
  }

  const small = sampleReport({
    cases: casesOf().filter(({ op, timed }, i) => (timed && op === 'backward') || i % 11 === 0),
  });

  it.each(names)('%s appears as text everywhere', (text) => {
    const renamed = new Map(small.backends.map(({ id }, i) => [id, `${text}${i}`]));
    const foreign = poisoned(small, text) as Report;
    const hostile = validateReport({
      ...foreign,
      tool: small.tool,
      backends: foreign.backends.map((entry) => ({ ...entry, id: renamed.get(entry.id)! })),
      results: foreign.results.map((result) => ({ ...result, backend: renamed.get(result.backend)! })),
    });
    const shown = open(renderHtml(hostile));
    const elements = [...shown.querySelectorAll('*')];
    expect(shown.querySelectorAll('script')).toHaveLength(1);
    expect(shown.querySelectorAll('style')).toHaveLength(1);
    expect(shown.querySelectorAll('h1')).toHaveLength(1);
    expect(shown.querySelectorAll('img')).toHaveLength(0);
    expect(elements.flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on')))).toEqual(
      [],
    );
    for (const id of [
      'backends',
      'failures',
      'skipped',
      'matrix',
      'headroom',
      'gradients',
      'sweeps',
      'timing',
      'cases',
    ]) {
      expect(shown.querySelector(`section#${id}`)!.textContent).toContain(`${text}0`.slice(0, -1));
    }
    const [card] = shown.querySelectorAll('#backends .card');
    expect(textOf(card!.querySelector('h3 bdi'))).toBe(`${text}0`);
  });
});
