import type { Report } from '../src/index.ts';
import { completeReport } from './complete.ts';

/** What each is, and the name: names that somebody could give a backend, and that break a writer that trusts them. */
export const hostileNames: readonly (readonly [what: string, name: string])[] = [
  ['a script', '<script>alert(1)</script>'],
  ['an end of an attribute', `"><img src=x onerror='alert(2)'>`],
  ['an end of CDATA', 'a & b &lt; ]]> c'],
  ['white space', 'line\nbreak\r\ttab'],
  ['control characters', 'bell \u0007 null \u0000 escape \u001b[31m'],
  ['half a surrogate pair', 'half \ud800 and \uffff'],
  ['a turned reading direction', '\u202egnirts a'],
  ['a formula', '=cmd|"/c calc"!A1'],
  ['a sum', '+1+1'],
  ['a function', '@SUM(A1)'],
  ['a formula behind spaces', '  =1+1'],
  ['separators and quotes', 'a,b;"c"'],
  ['a prototype', '__proto__'],
  ['a path', '../../etc/passwd'],
  ['another script', 'العربية'],
  ['great length', 'x'.repeat(5000)],
];

/** The complete report with `text` for the backend, the case, the cause and the command. */
export function reportNaming(text: string): Report {
  const [entry] = completeReport.backends;
  const [result] = completeReport.results;
  return {
    ...completeReport,
    backends: [{ ...entry!, id: text, unavailable: text }],
    results: [{ ...result!, backend: text, case: text, op: text, cause: text, catches: text, reproduce: text }],
  };
}
