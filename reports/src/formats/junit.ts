import { describeDiagnosis } from '../diagnosis.ts';
import { evidenceOf, whyOf } from '../findings.ts';
import { exact, short } from '../numbers.ts';
import type { Report, Result, Status } from '../report.ts';
import { type BackendSummary, groupBy, summarise } from '../summary.ts';
import { element, xmlText } from './xml.ts';

/** What CI counts as an error and not as a failure: the test was not brought to its end. */
const errors: readonly Status[] = ['crashed', 'timed-out', 'invalid'];
/** What CI shows as skipped: it is neither green nor red. */
const skips: readonly Status[] = ['skipped', 'untrusted'];

type Kind = 'passed' | 'skipped' | 'failure' | 'error';

/** A known failure does not turn a build red: it is skipped, and says why. */
function kindOf({ status, excused }: Result): Kind {
  if (status === 'passed') return 'passed';
  if (excused !== undefined || skips.includes(status)) return 'skipped';
  return errors.includes(status) ? 'error' : 'failure';
}

/** Seconds as the schema of JUnit files has them: no powers of ten. */
const secondsText = (seconds: number): string => seconds.toFixed(3);

function particulars(result: Result): string {
  const evidence = evidenceOf(result);
  const lines = [whyOf(result) ?? ''];
  if (evidence) {
    const { of, at, got, expected, ratio, message } = evidence;
    lines.push([of, at, message].filter((part) => part !== undefined).join(', '));
    if (got !== undefined && expected !== undefined) lines.push(`got ${exact(got)}, expected ${exact(expected)}`);
    if (ratio !== undefined) lines.push(`${short(ratio)}× the allowed error`);
  }
  if (result.diagnosis) lines.push(`diagnosis: ${describeDiagnosis(result.diagnosis)}`);
  lines.push(`catches: ${result.catches}`, `reproduce: ${result.reproduce}`);
  return xmlText(lines.filter((line) => line !== '').join('\n'));
}

function testCase(result: Result): string {
  const { backend, op, case: id, seconds, status } = result;
  const kind = kindOf(result);
  const outcome =
    kind === 'passed' ? '' : element(kind, { type: status, message: whyOf(result) ?? status }, particulars(result));
  return element('testcase', { classname: `${backend}.${op}`, name: id, time: secondsText(seconds) }, outcome);
}

/** A backend that could not be opened has no case; CI would show nothing of it but for this one. */
function unopened({ entry }: BackendSummary): string {
  const why = entry.unavailable ?? 'no case was run';
  return element(
    'testcase',
    { classname: entry.id, name: 'open the backend', time: secondsText(0) },
    element('skipped', { type: 'skipped', message: why }, xmlText(why)),
  );
}

function properties({ tool, selection, environment }: Report, { entry }: BackendSummary): string {
  const { suite, seed, command } = selection;
  const { cpu, cores, os, arch, node, commit, dirty } = environment;
  const pairs: Record<string, string | number | undefined> = {
    normgauge: tool.version,
    command,
    suite,
    seed,
    version: entry.version,
    module: entry.module,
    device: entry.device && `${entry.device.name}${entry.device.software ? ' (software adapter)' : ''}`,
    cpu,
    cores,
    system: `${os} ${arch}`,
    node,
    commit: commit === undefined ? undefined : `${commit}${dirty ? ' with local changes' : ''}`,
  };
  const present = Object.entries(pairs).filter(([, value]) => value !== undefined);
  return element('properties', {}, present.map(([name, value]) => element('property', { name, value })).join(''));
}

function suite(report: Report, backend: BackendSummary, results: readonly Result[]): string {
  const kinds = results.map(kindOf);
  const of = (kind: Kind): number => kinds.filter((one) => one === kind).length;
  const missing = results.length === 0 ? 1 : 0;
  return element(
    'testsuite',
    {
      name: backend.entry.id,
      tests: results.length + missing,
      failures: of('failure'),
      errors: of('error'),
      skipped: of('skipped') + missing,
      time: secondsText(results.reduce((sum, { seconds }) => sum + seconds, 0)),
      timestamp: report.startedAt.replace(/(\.\d+)?Z$/, ''),
    },
    `\n${[properties(report, backend), ...(missing ? [unopened(backend)] : results.map(testCase))].join('\n')}\n`,
  );
}

/**
 * The report as JUnit XML: a suite a backend, a test a case. `failed` is a failure; `crashed`, `timed-out` and `invalid` are
 * errors; `skipped`, `untrusted` and excused failures are skipped, with the reason. After the schema that Jenkins validates
 * with: https://github.com/jenkinsci/xunit-plugin, junit-10.xsd.
 */
export function renderJunit(report: Report): string {
  const { backends } = summarise(report);
  const byBackend = groupBy(report.results, ({ backend }) => backend);
  const suites = backends.map((backend) => suite(report, backend, byBackend.get(backend.entry.id) ?? []));
  const kinds = report.results.map(kindOf);
  const unopenedOnes = backends.filter(({ cases }) => cases === 0).length;
  const whole = element(
    'testsuites',
    {
      name: 'normgauge',
      tests: report.results.length + unopenedOnes,
      failures: kinds.filter((kind) => kind === 'failure').length,
      errors: kinds.filter((kind) => kind === 'error').length,
      time: secondsText(report.seconds),
    },
    `\n${suites.join('\n')}\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${whole}\n`;
}
