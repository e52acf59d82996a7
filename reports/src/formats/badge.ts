import { type Certificate, certify, NoCertificate } from '../certificate/certificate.ts';
import { count } from '../numbers.ts';
import { plainText } from '../plainText.ts';
import type { Report } from '../report.ts';
import { summarise, wrongOf } from '../summary.ts';
import { element, xmlText } from './xml.ts';

/** Widest and narrowest letters differ; the text is fitted into what this gives, so that no font overflows. */
const letterWidth = 6.8;
const padding = 7;
const height = 20;

/** Colours that white text is legible on (contrast above 4.5). */
const colours = { good: '#2a7a3b', wrong: '#b3241a', undecided: '#6a6f76' } as const;

interface BadgeText {
  readonly message: string;
  readonly colour: string;
  readonly says: string;
}

function certified({ backend, level, grade, suite, tool, date }: Certificate): BadgeText {
  return {
    message: `${plainText(backend.id, 40)}: ${level}, grade ${grade}`,
    colour: colours.good,
    says: `${plainText(backend.id, 200)} passed suite ${suite} at level ${level} with accuracy grade ${grade}: normgauge ${tool.version}, ${date.slice(0, 10)}`,
  };
}

/** What a badge says where there is nothing to certify: how many fail, or that nothing is decided. */
function uncertified(report: Report, why: string): BadgeText {
  const summary = summarise(report);
  const wrong = wrongOf(summary);
  if (summary.verdict === 'wrong') return { message: `${count(wrong)} failing`, colour: colours.wrong, says: why };
  if (summary.verdict === 'right') {
    const message = `${count(summary.counts.passed)} passed${summary.grade === undefined ? '' : `, grade ${summary.grade}`}`;
    return { message, colour: colours.good, says: `${count(summary.counts.passed)} cases passed and none failed` };
  }
  return { message: 'undecided', colour: colours.undecided, says: why };
}

function textOf(report: Report, backend: string | undefined): BadgeText {
  try {
    return certified(certify(report, backend));
  } catch (error) {
    if (!(error instanceof NoCertificate) || backend !== undefined) throw error;
    return uncertified(report, error.message);
  }
}

function label(text: string, x: number, width: number, fill: string): string {
  const middle = x + width / 2;
  return [
    element('rect', { x, width, height, fill }),
    element(
      'text',
      {
        x: middle,
        y: 14,
        fill: '#fff',
        'text-anchor': 'middle',
        textLength: width - 2 * padding,
        lengthAdjust: 'spacingAndGlyphs',
      },
      xmlText(text),
    ),
  ].join('');
}

/**
 * A badge as SVG: the level and grade of one backend where it can be certified, else how the whole report came out. It fetches nothing.
 * @param backend which backend; may be absent when only one ran, or when the badge is about all of them
 * @throws {NoCertificate} when a backend is named that the report does not certify
 */
export function renderBadge(report: Report, backend?: string): string {
  const { message, colour, says } = textOf(report, backend);
  const widthOf = (text: string): number => Math.round([...text].length * letterWidth) + 2 * padding;
  const left = widthOf('normgauge');
  const right = widthOf(message);
  const content = [
    element('title', {}, xmlText(says)),
    label('normgauge', 0, left, '#3b4048'),
    label(message, left, right, colour),
  ].join('');
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: left + right,
      height,
      viewBox: `0 0 ${left + right} ${height}`,
      role: 'img',
      'aria-label': `normgauge: ${message}`,
      'font-family': 'Verdana, DejaVu Sans, sans-serif',
      'font-size': 11,
    },
    content,
  )}\n`;
}
