import { describe, expect, it } from 'vitest';
import { parseReport, ReportError, reportSchema, statuses, validateReport, validateResult } from '../src/index.ts';
import { choices, completeReport, optionalFields } from './complete.ts';
import { sampleReport } from './sample.ts';

/** What these tests read of a JSON Schema. */
interface Node {
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: Node;
  readonly $ref?: string;
}

const root = reportSchema as unknown as Node;
const definitions = reportSchema.$defs as Readonly<Record<string, Node>>;
const objects: [string, Node][] = [
  ['Report', root],
  ...Object.entries(definitions).filter(([, node]) => node.properties !== undefined),
];

function resolved(node: Node): Node {
  return node.$ref === undefined ? node : definitions[node.$ref.replace('#/$defs/', '')]!;
}

function choicesOf(node: Node): readonly unknown[] {
  return node.enum ?? node.oneOf?.map((choice) => choice.const) ?? [];
}

/** Every path of fields that the schema admits and the sample lacks. */
function missingFrom(value: unknown, schema: Node, path: string): string[] {
  const node = resolved(schema);
  if (node.items) return (value as unknown[]).flatMap((item) => missingFrom(item, node.items!, `${path}[]`));
  return Object.entries(node.properties ?? {}).flatMap(([key, field]) => {
    const inner = (value as Record<string, unknown>)[key];
    return inner === undefined ? [`${path}.${key}`] : missingFrom(inner, field, `${path}.${key}`);
  });
}

/** A copy of the complete report with one place changed; `undefined` removes it. */
function damaged(path: string, value: unknown): unknown {
  const copy = structuredClone(completeReport) as unknown as Record<string, unknown>;
  const steps = path.split('.');
  let at = copy;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  if (value === undefined) delete at[steps.at(-1)!];
  else at[steps.at(-1)!] = value;
  return copy;
}

function refusal(act: () => unknown): ReportError {
  try {
    act();
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error('expected a ReportError, got none');
}

describe('the schema and the types', () => {
  it('agree that a report with every field of the types is valid', () => {
    expect(validateReport(completeReport)).toBe(completeReport);
  });

  it('agree that the schema has no field that the types lack', () => {
    expect(missingFrom(completeReport, root, '$')).toEqual([]);
  });

  it.each(objects)('agree on what %s may leave out', (name, node) => {
    const optional = Object.keys(node.properties!).filter((key) => !node.required?.includes(key));
    expect(optional.sort()).toEqual(Object.keys(optionalFields[name] ?? { unknown: true }).sort());
  });

  it('have the same objects', () => {
    expect(objects.map(([name]) => name).sort()).toEqual(Object.keys(optionalFields).sort());
  });

  it.each(Object.entries(choices))('agree on the values of %s', (name, allowed) => {
    const [type, field] = name.split('.');
    const node = field === undefined ? definitions[type!]! : definitions[type!]!.properties![field]!;
    expect(choicesOf(node)).toEqual(allowed);
  });

  it.each(objects)('leave no room in %s for fields of other names', (_name, node) => {
    expect(node.additionalProperties).toBe(false);
  });

  it.each(objects)('describe every field of %s', (_name, node) => {
    const silent = Object.entries(node.properties!).filter(([, field]) => !field.description);
    expect(silent.map(([key]) => key)).toEqual([]);
  });

  it('explain each status once', () => {
    expect(statuses.map(({ status }) => status)).toEqual(choices['Status']);
    const meanings = statuses.map(({ meaning }) => meaning);
    expect(new Set(meanings).size).toBe(statuses.length);
    expect(meanings.every((meaning) => meaning.length > 10)).toBe(true);
  });
});

describe('validateReport', () => {
  it('accepts a report as a run leaves it, before and after JSON', () => {
    const report = sampleReport();
    expect(validateReport(report)).toBe(report);
    expect(parseReport(JSON.stringify(report), 'report.json')).toEqual(report);
  });

  const required = objects.flatMap(([name, node]) => node.required!.map((key) => [name, key] as const));
  const places: Readonly<Record<string, string>> = {
    Report: '',
    Tool: 'tool.',
    Environment: 'environment.',
    Selection: 'selection.',
    Shard: 'selection.shard.',
    Part: 'parts.0.',
    BackendEntry: 'backends.0.',
    DeviceEntry: 'backends.0.device.',
    Result: 'results.0.',
    Diagnosis: 'results.0.diagnosis.',
    Finding: 'results.0.diagnosis.findings.0.',
    Excuse: 'results.0.excused.',
    TensorAgreement: 'results.0.tensors.0.',
    WorstElement: 'results.0.tensors.0.worst.',
    GradientCheck: 'results.0.gradients.0.',
    ProtocolCheck: 'results.0.checks.0.',
    Timing: 'results.0.timing.',
    DeviceTiming: 'results.0.timing.device.',
    Traffic: 'results.0.timing.traffic.',
    Distribution: 'results.0.timing.resident.',
    Interval: 'results.0.timing.resident.interval.',
    Network: 'networks.0.',
    Beside: 'beside.',
    BesideResult: 'beside.results.0.',
    BesideTime: 'beside.results.0.run.',
    KillTable: 'killTable.',
    KillFamily: 'killTable.families.0.',
    KillCheck: 'killTable.families.0.by.0.',
    NetworkLayer: 'networks.0.layers.0.',
  };

  it.each(required)('refuses a %s without %s and says where', (name, key) => {
    const place = `${places[name]}${key}`;
    const path = `$.${place.replaceAll(/\.(\d+)/g, '[$1]')}`;
    const error = refusal(() => validateReport(damaged(place, undefined), 'old.json'));
    expect(error.path).toBe(path);
    expect(error.message).toBe(
      `old.json: at ${path} expected a value, got nothing; correct it, or write the report anew with "normgauge run"`,
    );
  });

  it.each([
    ['seconds', -1, '$.seconds', 'must be >= 0', '-1'],
    ['seconds', Number.NaN, '$.seconds', 'a value of type number', 'NaN'],
    ['startedAt', '14 March Z', '$.startedAt', 'format "date-time"', '"14 March Z"'],
    ['startedAt', '2026-03-14T15:09:26+01:00', '$.startedAt', 'pattern', '+01:00'],
    ['version', 0, '$.version', 'one of 1', '0'],
    ['extra', 1, '$.extra', 'no such field', 'one'],
    ['environment.cores', 1.5, '$.environment.cores', 'type integer', '1.5'],
    ['results.0.status', 'ok', '$.results[0].status', 'one of "passed", "failed"', '"ok"'],
    ['results.0.grade', 'D', '$.results[0].grade', '"A", "B", "C", "F"', '"D"'],
    ['results.0.shape', [3], '$.results[0].shape', 'must NOT have fewer than 2 items', '[3]'],
    ['results.0.shape.1', 0, '$.results[0].shape[1]', 'must be >= 1', '0'],
    ['results.0.tensors.0.headroom', null, '$.results[0].tensors[0].headroom', '"NaN", "Infinity"', 'null'],
    ['results.0.tensors.0.headroom', 'inf', '$.results[0].tensors[0].headroom', '"-Infinity"', '"inf"'],
    ['results.0.gradients.0.method', 'guess', '$.results[0].gradients[0].method', '"oracle"', '"guess"'],
    ['results.0.timing.resident.preempted', 2, '$.results[0].timing.resident.preempted', '<= 1', '2'],
    ['backends.0.declares', { 'a/b~c': 1 }, '$.backends[0].declares["a/b~c"]', 'type string', '1'],
    ['selection.command', 'gate', '$.selection.command', '"run", "verify", "bench"', '"gate"'],
  ])('refuses %s = %o', (place, value, path, expected, got) => {
    const error = refusal(() => validateReport(damaged(place, value)));
    expect(error.path).toBe(path);
    expect(error.message).toContain(`report: at ${path} expected `);
    expect(error.message).toContain(expected);
    expect(error.message).toContain(got);
    expect(error.message).not.toContain('\n');
  });

  it.each([
    ['skipped', 'reason'],
    ['untrusted', 'reason'],
    ['invalid', 'reason'],
    ['failed', 'cause'],
    ['crashed', 'cause'],
    ['timed-out', 'cause'],
  ])('refuses a result that is %s without a %s', (status, field) => {
    const report = damaged('results.0.status', status) as { results: Record<string, unknown>[] };
    delete report.results[0]![field];
    expect(refusal(() => validateReport(report)).path).toBe(`$.results[0].${field}`);
  });

  it.each([[null], [undefined], [7], ['text'], [[]], [{}]])('refuses %o, which is no report', (value) => {
    expect(() => validateReport(value)).toThrow(ReportError);
  });

  it('refuses a newer version in a sentence of its own, even where the rest is unknown to it', () => {
    const newer = {
      schema: completeReport.schema,
      version: 2,
      tool: { name: 'normgauge', version: '3.1.0' },
      rows: [],
    };
    const error = refusal(() => validateReport(newer, 'new.json'));
    expect(error.message).toBe(
      'new.json: was written by a newer normgauge (3.1.0): expected report version 1 or lower, got 2; update normgauge to read it',
    );
    expect(error.path).toBe('$.version');
  });

  it('does not take a foreign document with a version for a newer report', () => {
    expect(refusal(() => validateReport({ version: 2 })).message).not.toContain('newer');
  });
});

describe('parseReport', () => {
  it('says that a file cut short may have been cut short', () => {
    const text = JSON.stringify(completeReport).slice(0, 200);
    const error = refusal(() => parseReport(text, 'reports/out/report.json'));
    expect(error.message).toMatch(/^reports\/out\/report\.json: expected a report in JSON, .*cut short/);
    expect(error.cause).toBeInstanceOf(SyntaxError);
  });
});

describe('validateResult', () => {
  const [line] = completeReport.results;

  it('accepts one result', () => {
    expect(validateResult(JSON.parse(JSON.stringify(line)))).toEqual(line);
  });

  it('refuses a damaged one with the path inside it', () => {
    const error = refusal(() => validateResult({ ...line, seed: 'one' }, 'results.ndjson, line 3'));
    expect(error.message).toContain('results.ndjson, line 3: at $.seed expected a value of type integer, got "one"');
  });
});
