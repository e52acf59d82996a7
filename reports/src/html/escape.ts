const makersOnly: unique symbol = Symbol('html and trusted only');

/**
 * HTML that is safe to put into a page. Only `html` and `trusted` make one, and its text is private, so that nothing that
 * came from a report can pass for it.
 */
export class Markup {
  readonly #html: string;
  constructor(key: typeof makersOnly, html: string) {
    if (key !== makersOnly) throw new TypeError('Markup: expected to be made by html or trusted, got a direct call');
    this.#html = html;
  }
  toString(): string {
    return this.#html;
  }
}

/** What a template may hold. Nothing, null and false leave no trace; lists are joined without a separator. */
export type Content = Markup | string | number | undefined | null | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Characters that HTML parsers drop or refuse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Surrogate}/gu;

/** Characters that turn the reading direction around, so that a name could pass for another. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

function escapeText(text: string): string {
  return text
    .replace(/[&<>"'`]/g, (mark) => entities[mark]!)
    .replace(forbidden, '\ufffd')
    .replace(turning, (mark) => `\\u{${mark.charCodeAt(0).toString(16)}}`);
}

function render(content: Content): string {
  if (content instanceof Markup) return content.toString();
  if (content === undefined || content === null || content === false) return '';
  if (Array.isArray(content)) return content.map(render).join('');
  return escapeText(String(content));
}

/**
 * A piece of a page. Every interpolation is escaped for text and for quoted attributes unless it is already Markup, so that
 * the only way to put a name into a page is the safe one. Attributes must be quoted in the template.
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = strings[0]!;
  contents.forEach((content, i) => {
    text += render(content) + strings[i + 1]!;
  });
  return new Markup(makersOnly, text);
}

/** Text of our own making that is HTML already: the style sheet, the script, a chart as its serialiser wrote it. */
export function trusted(text: string): Markup {
  return new Markup(makersOnly, text);
}
