import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { html, Markup, trusted } from '../src/html/escape.ts';

const printable = fc
  .string({ unit: 'grapheme' })
  .map((text) => text.replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, ''));

describe('html', () => {
  it('shows any text as itself, in content and in attributes', () => {
    fc.assert(
      fc.property(printable, (text) => {
        const { document } = parseHTML(
          `<!doctype html><html><body>${html`<p title="${text}">${text}</p>`}</body></html>`,
        );
        const [paragraph, ...others] = document.body.children;
        expect(paragraph!.textContent).toBe(text);
        expect(paragraph!.getAttribute('title')).toBe(text);
        expect(others).toEqual([]);
      }),
    );
  });

  it('leaves no character with which a template could be broken out of', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(html`${text}`.toString()).not.toMatch(/[<>"'`\0]/);
      }),
    );
  });

  it('keeps markup, joins lists, and passes over what is not there', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>${undefined}${null}${false}${0}`.toString()).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>0',
    );
  });

  it('takes no object from a report for markup', () => {
    const forged = JSON.parse('{"toString":"<script>"}');
    expect(() => html`${forged}`.toString()).toThrow(TypeError);
    expect(() => new Markup(Symbol('mine') as never, '<script>')).toThrow(TypeError);
  });

  it('makes characters visible that turn the reading direction', () => {
    expect(html`${'a\u202eb'}`.toString()).toBe('a\\u{202e}b');
  });
});

describe('trusted', () => {
  it('is the only way around the escaping', () => {
    expect(html`${trusted('<br>')}`.toString()).toBe('<br>');
  });
});
