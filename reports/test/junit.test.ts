import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Report, Result } from '../src/index.ts';
import { formats } from '../src/pages.ts';
import { completeReport } from './complete.ts';
import { hostileNames, reportNaming } from './hostileNames.ts';
import { sampleReport } from './sample.ts';

const { render } = formats.find(({ name }) => name === 'junit')!;
const report = sampleReport();
const text = render(report);

const parse = (xml: string): Document => new DOMParser().parseFromString(xml, 'text/xml') as unknown as Document;
const all = (xml: string, name: string): Element[] => [...parse(xml).querySelectorAll(name)];

/** Attributes and children as junit-10.xsd of Jenkins' xunit plugin has them; a star marks what is required. */
const schema: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: { attributes: ['name', 'time', 'tests', 'failures', 'errors'], children: ['testsuite'] },
  testsuite: {
    attributes: [
      'name*',
      'tests*',
      'failures*',
      'errors*',
      'time',
      'skipped',
      'timestamp',
      'hostname',
      'id',
      'package',
    ],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name*', 'value*'], children: [] },
  testcase: { attributes: ['name*', 'time', 'classname', 'group'], children: ['skipped', 'error', 'failure'] },
  skipped: { attributes: ['type', 'message'], children: [] },
  error: { attributes: ['type', 'message'], children: [] },
  failure: { attributes: ['type', 'message'], children: [] },
};
/** SUREFIRE_TIME of that schema. */
const time = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

function faults(element: Element): string[] {
  const { attributes, children } = schema[element.tagName] ?? { attributes: [], children: [] };
  const names = attributes.map((name) => name.replace('*', ''));
  return [
    ...element.getAttributeNames().filter((name) => !names.includes(name)),
    ...attributes.filter((name) => name.endsWith('*') && !element.hasAttribute(name.slice(0, -1))),
    ...[...element.children].map(({ tagName }) => tagName).filter((name) => !children.includes(name)),
    ...(element.hasAttribute('time') && !time.test(element.getAttribute('time')!) ? ['time'] : []),
  ];
}

describe('JUnit', () => {
  it('has the elements and attributes of the schema, and no others', () => {
    const elements = all(text, '*');
    expect(elements.length).toBeGreaterThan(report.results.length);
    expect(elements.flatMap(faults)).toEqual([]);
  });

  it('has a test for each result, and one for each backend that could not be opened', () => {
    const unopened = report.backends.filter(({ unavailable }) => unavailable !== undefined);
    expect(all(text, 'testcase')).toHaveLength(report.results.length + unopened.length);
    expect(text).toContain('--no-experimental-wasm-threads');
  });

  it.each(['tests', 'failures', 'errors'])('adds up the %s of the suites to those of the whole', (count) => {
    const sum = all(text, 'testsuite').reduce((total, suite) => total + Number(suite.getAttribute(count)), 0);
    expect(Number(all(text, 'testsuites')[0]!.getAttribute(count))).toBe(sum);
  });

  const [row] = completeReport.results;
  const { excused: _, reason: __, ...plain } = row!;
  const statusRows: readonly [Result['status'], string | null, object][] = [
    ['passed', null, {}],
    ['failed', 'failure', {}],
    ['crashed', 'error', {}],
    ['timed-out', 'error', {}],
    ['invalid', 'error', {}],
    ['untrusted', 'skipped', {}],
    ['skipped', 'skipped', {}],
    ['failed', 'skipped', { excused: { reason: 'known', until: '2027-12-31' } }],
  ];
  it.each(statusRows)('shows %s as %s %o', (status, element, more) => {
    const one: Report = { ...completeReport, results: [{ ...plain, status, ...more }] };
    const [found] = all(render(one), 'testcase');
    expect(found!.children[0]?.tagName ?? null).toBe(element);
  });

  it.each(hostileNames)('holds %s as text that XML 1.0 admits', (_what, name) => {
    const xml = render(reportNaming(name));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\u202a-\u202e]|\p{Surrogate}/u);
    expect(xml).not.toContain(']]>');
    expect(all(xml, '*').flatMap(faults)).toEqual([]);
  });
});
