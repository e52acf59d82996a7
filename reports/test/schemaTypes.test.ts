import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';
import { expect, it } from 'vitest';

const pathOf = (name: string): string => fileURLToPath(new URL(`../src/${name}`, import.meta.url));

const banner = '// Made from report.schema.json by "npm run schema:types": change that file, not this one.';

interface Choice {
  readonly const: string;
  readonly description: string;
}

type Schema = { readonly [key: string]: unknown };

/** A choice of words, each with its meaning, as a list in the comment of the type. */
function listed(description: unknown, choices: readonly Choice[]): Schema {
  const meanings = choices.map((choice) => `- \`${choice.const}\`: ${choice.description}`);
  return { description: [description, ...meanings].join('\n'), enum: choices.map((choice) => choice.const) };
}

/** The same schema in the words from which the compiler makes one type a definition, with the comments of the fields that have it. */
function inItsWords(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inItsWords);
  if (typeof node !== 'object' || node === null) return node;
  const { $ref, description, oneOf } = node as Schema;
  if ($ref !== undefined) return { description, allOf: [{ $ref }] };
  const choices = (oneOf as readonly Choice[] | undefined) ?? [];
  if (choices.length > 0 && choices.every((choice) => choice.const !== undefined)) return listed(description, choices);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inItsWords(value)]));
}

/** What is read is not written: every field and every list. */
function readonlyLine(line: string): string {
  return line.replace(/^(\s+)(\w+\??:|\[k: string\]:)/, '$1readonly $2').replace(/: (\w+)\[\];$/, ': readonly $1[];');
}

/** The TypeScript of the report's schema. */
async function typesOfSchema(): Promise<string> {
  const whole = JSON.parse(readFileSync(pathOf('report.schema.json'), 'utf8')) as Schema;
  const { title: _title, $id: _id, $schema: _dialect, ...schema } = whole;
  const text = await compile(inItsWords(schema) as Schema, 'Report', {
    additionalProperties: false,
    bannerComment: banner,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120, singleQuote: true },
  });
  return text.split('\n').map(readonlyLine).join('\n');
}

it('the types of a report are those of its published schema, which is their one source', async () => {
  await expect(await typesOfSchema()).toMatchFileSnapshot(pathOf('report.ts'));
});
