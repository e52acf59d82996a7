/** What could move a cursor, recolour a terminal, reverse the reading direction or break a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/**
 * Foreign text as one line that is safe to print anywhere: line breaks and tabs become spaces, other control characters and
 * those that change the reading direction become their code point (`\u{1b}`), and what is longer than `limit` characters is
 * cut with a count of what is missing.
 */
export function plainText(text: string, limit = 2000): string {
  const visible = text.replace(/[^\S ]+/gu, ' ').replace(unprintable, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
  const characters = visible.length > limit ? [...visible] : [];
  if (characters.length <= limit) return visible;
  return `${characters.slice(0, limit).join('')}… (${characters.length - limit} more characters)`;
}
