import { certify } from './certificate/certificate.ts';
import { renderBadge } from './formats/badge.ts';
import { renderBencher } from './formats/bencher.ts';
import { renderCsv } from './formats/csv.ts';
import { renderGithubActionBenchmark } from './formats/githubActionBenchmark.ts';
import { renderJunit } from './formats/junit.ts';
import { renderHtml } from './html/page.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';

export type FormatName =
  | 'html'
  | 'markdown'
  | 'junit'
  | 'csv'
  | 'bencher'
  | 'github-action-benchmark'
  | 'certificate'
  | 'badge';

/** One form that a report can take. */
export interface Format {
  readonly name: FormatName;
  /** What the file is called in a folder of several. */
  readonly file: string;
  readonly description: string;
  /**
   * The report as text.
   * @param backend the one backend that a certificate or badge is about
   * @throws {NoCertificate} when there is nothing to certify
   */
  readonly render: (report: Report, backend?: string) => string;
}

/** Every form that a report can take. Documentation, help and the command line all go through this list. */
export const formats: readonly Format[] = [
  { name: 'html', file: 'index.html', description: 'the page', render: renderHtml },
  {
    name: 'markdown',
    file: 'summary.md',
    description: "a summary that fits GitHub's step summary",
    render: renderMarkdown,
  },
  { name: 'junit', file: 'junit.xml', description: 'tests for any CI', render: renderJunit },
  { name: 'csv', file: 'results.csv', description: 'one row a result', render: renderCsv },
  { name: 'bencher', file: 'bencher.json', description: 'Bencher Metric Format', render: renderBencher },
  {
    name: 'github-action-benchmark',
    file: 'github-action-benchmark.json',
    description: 'customSmallerIsBetter of github-action-benchmark',
    render: renderGithubActionBenchmark,
  },
  {
    name: 'certificate',
    file: 'certificate.json',
    description: 'what one backend is proved to do, to be checked again by anybody',
    render: (report, backend) => `${JSON.stringify(certify(report, backend), null, 1)}\n`,
  },
  { name: 'badge', file: 'badge.svg', description: 'an SVG for a README', render: renderBadge },
];
