import { createHash } from 'node:crypto';
import { type Content, html, trusted } from './escape.ts';
import { style } from './style.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded from anywhere, and nothing runs or styles but what is written in the page, known by its hash. */
function policy(styles: string, script: string, more: readonly string[]): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(styles)}`,
    `script-src ${hashOf(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    ...more,
  ].join('; ');
}

/** A needle at its limit, so that a browser asks nobody for an icon. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%231f5fbf'/%3E%3Cpath d='M8 9L12 4' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/** What a page consists of. */
export interface Frame {
  readonly title: string;
  readonly header: Content;
  /** The links to the sections. */
  readonly links: readonly { readonly href: string; readonly text: string }[];
  readonly main: Content;
  readonly foot: Content;
  readonly script: string;
  /** Rules beyond those that every page has. */
  readonly style?: string;
  /** Directives of the content security policy beyond those that every page has. */
  readonly policy?: readonly string[];
}

/** One HTML page that needs nothing else: no network, no script to be read, light and dark, on paper and by keyboard. */
export function pageText(frame: Frame): string {
  const { title, header, links, main, foot, script } = frame;
  const styles = style + (frame.style ?? '');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy(styles, script, frame.policy ?? []))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${trusted(styles)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the findings</a>
${header}
<nav aria-label="Sections"><ul>${links.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul></nav>
<main id="main">
${main}
</main>
<footer class="foot">${foot}</footer>
<script>${trusted(script)}</script>
</body>
</html>
`.toString();
}
