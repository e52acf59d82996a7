/** Characters that XML 1.0 does not admit, not even as a reference, and those that turn the reading direction around. */
const forbidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/gu;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const visible = (text: string): string =>
  text.replace(forbidden, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);

/** Foreign text between tags. What XML 1.0 cannot hold becomes its code point, `\u{1b}`. */
export function xmlText(text: string): string {
  return visible(text).replace(/[&<>\r]/g, (mark) => references[mark]!);
}

/** An attribute with its leading space; nothing when there is no value. White space survives the parser's normalisation. */
function attribute(name: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  const text = visible(String(value)).replace(/[&<>"'\t\n\r]/g, (mark) => references[mark]!);
  return ` ${name}="${text}"`;
}

/**
 * One element, after https://www.w3.org/TR/xml/. `name` and the attributes' names are ours; values are foreign and are
 * escaped; `content` is XML already.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = '',
): string {
  const start = `<${name}${Object.entries(attributes)
    .map(([key, value]) => attribute(key, value))
    .join('')}`;
  return content === '' ? `${start}/>` : `${start}>${content}</${name}>`;
}
