/**
 * The style sheet of a page. Colours are variables, one set for light and one for dark; a status or a backend is never told
 * by its colour alone. Nothing is fetched: fonts are the reader's own.
 */
export const style: string = `
:root {
  color-scheme: light dark;
  --ground: #f7f7f4; --card: #ffffff; --ink: #1b1d22; --soft: #565d69; --line: #dcdcd5; --grid: #e7e7e1; --link: #1a53b0;
  --p: #14663a; --f: #b3241a; --u: #7d5200; --s: #535b69; --c: #94206a; --t: #98430c; --i: #573bb0;
  --limit: #c8281e; --roof: #5b6270; --heat: #f0913a;
  --series-1: #1f5fbf; --series-2: #c2570c; --series-3: #0b7a6b; --series-4: #a82fa0;
  --series-5: #667500; --series-6: #7a4b2a; --series-7: #4b5563; --series-8: #b01e5a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --card: #1c1f25; --ink: #e8e9ec; --soft: #a5acb8; --line: #343943; --grid: #2a2e36; --link: #8bb6ff;
    --p: #63d397; --f: #ff8d83; --u: #efc04f; --s: #aab2c0; --c: #ff90d3; --t: #ffb077; --i: #bdabff;
    --limit: #ff6b60; --roof: #98a1af; --heat: #a04c08;
    --series-1: #7fb0ff; --series-2: #ffa35c; --series-3: #4fd1bd; --series-4: #f08be6;
    --series-5: #c4d44a; --series-6: #d3a27f; --series-7: #aab4c3; --series-8: #ff8db4;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.2rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
}
main, .top, .foot { max-width: 80rem; margin-inline: auto; padding-inline: clamp(1rem, 3vw, 2.5rem); }
code, pre, td, .swatch, .badge { font-variant-numeric: tabular-nums; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Consolas, monospace; font-size: .86em; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; }
h2 { font-size: 1.35rem; margin: 0 0 .35rem; }
h3 { font-size: 1.05rem; margin: 0 0 .4rem; }
h4 { font-size: .86rem; color: var(--soft); margin: .9rem 0 .2rem; font-weight: 600; }
.lead { color: var(--soft); margin: 0 0 1rem; max-width: 75ch; }
.note { color: var(--soft); font-size: .88em; font-weight: 400; }
.none { color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; display: block; padding: .5rem 1rem; }

.top { padding-block: 1.6rem 1rem; }
.brand { margin: 0; font-weight: 650; letter-spacing: .02em; color: var(--soft); }
.verdict { font-size: clamp(1.35rem, 2.6vw, 1.8rem); margin: .2rem 0 .3rem; max-width: 60ch; font-weight: 680; letter-spacing: -.01em; }
.verdict::before { display: inline-block; margin-right: .4em; }
.v-right::before { content: "✓" / ""; color: var(--p); }
.v-wrong::before { content: "✗" / ""; color: var(--f); }
.v-undecided::before { content: "?" / ""; color: var(--u); }
.banner { border: 1px solid var(--u); border-left-width: 6px; border-radius: 6px; padding: .6rem .9rem; background: var(--card); }
.tiles, .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
.cards { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); align-items: start; }
.tile, .card, figure, section > details, .scroll {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px;
}
.tile, .card { padding: .9rem 1.1rem; min-width: 0; }
.tile h2 { font-size: .92rem; color: var(--soft); font-weight: 600; margin: 0; }
.tile .answer { font-size: 1.15rem; font-weight: 620; margin: .15rem 0 .5rem; line-height: 1.3; }
.tile ul { list-style: none; margin: 0 0 .5rem; padding: 0; }
.tile li { padding-block: .22rem; border-top: 1px solid var(--grid); font-size: .92rem; }
.tile a { font-size: .88rem; }
bdi { font-weight: 600; }
.reason { display: -webkit-inline-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; vertical-align: top; }

nav { background: var(--ground); border-block: 1px solid var(--line); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: 0 auto; max-width: 80rem; padding: .5rem clamp(1rem, 3vw, 2.5rem); }
@media (min-width: 60rem) { nav { position: sticky; top: 0; z-index: 2; } }
nav a { white-space: nowrap; text-decoration: none; font-size: .92rem; }
nav a:hover { text-decoration: underline; }
section { margin-block: 2.2rem; }

.badges { display: flex; flex-wrap: wrap; gap: .35rem; }
.badge { display: inline-block; border: 1px solid; border-radius: 99px; padding: 0 .6em; font-size: .84rem; white-space: nowrap; }
.s-p { color: var(--p); } .s-f { color: var(--f); } .s-u { color: var(--u); } .s-s { color: var(--s); }
.s-c { color: var(--c); } .s-t { color: var(--t); } .s-i { color: var(--i); }
td.s-f a, td.s-u a, td.s-s a, td.s-c a, td.s-t a, td.s-i a { color: inherit; }
.s-f, .s-c, .s-t { font-weight: 620; }
:is(.matrix, .cases) td[class] { background: color-mix(in srgb, currentColor 7%, transparent); }
.over { color: var(--f); font-weight: 620; }
.warn { color: var(--u); font-weight: 600; }
.grade { display: inline-block; min-width: 1.5em; text-align: center; border: 1px solid; border-radius: 4px; font-weight: 650; text-decoration: none; }
.g-A { color: var(--p); } .g-B { color: var(--link); } .g-C { color: var(--u); } .g-F { color: var(--f); }

dl { margin: 0; }
dl > div { display: grid; grid-template-columns: minmax(6rem, 9rem) 1fr; gap: .6rem; padding-block: .12rem; font-size: .92rem; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
.key { margin-top: .8rem; display: grid; gap: .1rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
.key > div { align-items: baseline; }

.scroll { overflow-x: auto; margin-block: .6rem; position: relative; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; overflow-wrap: normal; }
caption { text-align: left; padding: .5rem .7rem .3rem; font-weight: 600; }
.scroll caption { position: sticky; left: 0; width: max-content; max-width: min(100%, 88vw); }
th, td { padding: .28rem .7rem; text-align: left; vertical-align: top; border-top: 1px solid var(--grid); font-weight: 400; }
thead th { font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); border-top: 0; vertical-align: bottom; }
td.n, th.n, .times td { text-align: right; white-space: nowrap; }
.times td:last-child { text-align: left; }
.matrix td, .cases td { white-space: nowrap; }
.matrix th[scope=row], .cases th[scope=row], .times tbody th { white-space: nowrap; }
.times tbody th:first-child { white-space: normal; min-width: 17rem; overflow-wrap: anywhere; }
tbody td bdi { min-width: 5rem; }
thead th.n { white-space: normal; } .card thead th.n { white-space: nowrap; }
.times :is(th, td) { padding-inline: .4rem; } .times thead th { min-width: 0; }
thead bdi, tbody th bdi, tbody td bdi { display: inline-block; max-width: 18rem; overflow-wrap: anywhere; white-space: normal; vertical-align: top; }
thead th { min-width: 4.5rem; }
.cases th[scope=rowgroup] { font-weight: 600; padding-top: .7rem; }
.cases tbody:target th[scope=rowgroup], .failures tbody:target { background: color-mix(in srgb, var(--link) 12%, var(--card)); }
.steps thead th { min-width: 0; }
.card table { font-size: .86rem; } .card thead th { min-width: 0; }
.card th, .card td { padding: .2rem 0 .2rem .6rem; } .card th:first-child { padding-left: 0; }
.failures tbody tr:first-child > * { border-top: 1px solid var(--line); padding-top: .6rem; }
.failures tbody tr + tr > td { border-top: 0; padding-top: 0; padding-bottom: .7rem; }
.failures td { min-width: 6rem; } .failures td:nth-of-type(2) { min-width: 9rem; }
.failures th code { overflow-wrap: anywhere; } .failures tbody th { min-width: 15rem; }
.scroll { container-type: inline-size; }
.stay { position: sticky; left: .7rem; width: calc(100cqi - 1.4rem); overflow-wrap: anywhere; }
.stay p { margin: 0 0 .2rem; }
.skips td:nth-child(2) { min-width: 17rem; overflow-wrap: anywhere; }
.lines { margin: .4rem 0; padding-left: 1.2rem; font-size: .86rem; }
.run { display: flex; align-items: start; gap: .4rem; margin-block: .25rem; }
.command { flex: 1; min-width: 0; background: var(--ground); border: 1px solid var(--line); border-radius: 5px; padding: .3rem .6rem; user-select: all; white-space: pre-wrap; overflow-wrap: anywhere; }
.copy { font: inherit; font-size: .82rem; color: var(--link); background: none; border: 1px solid var(--line); border-radius: 5px; padding: .1rem .6rem; cursor: pointer; }
pre { white-space: pre-wrap; margin: .4rem 0; }
details { margin-block: .5rem; }
section > details { padding: .1rem .8rem; }
summary .badges { display: inline-flex; margin-left: .6rem; vertical-align: middle; }
section > details > .scroll { border-inline: 0; border-radius: 0; margin-inline: -.8rem; }
summary { cursor: pointer; padding-block: .4rem; font-weight: 600; }
td summary { padding-block: 0; font-weight: 400; color: var(--link); }

.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 23rem), 1fr)); align-items: start; }
figure { margin: 0; padding: .8rem .9rem; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
figcaption .note { display: block; }
.chart { display: block; width: 100%; max-width: 30rem; height: auto; color: var(--soft); overflow: visible; }
.chart text { white-space: pre; }
figure details { margin: .2rem 0 0; font-size: .88rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; list-style: none; padding: 0; margin: 0 0 .8rem; font-size: .92rem; }
.legend li { display: flex; align-items: center; gap: .5rem; min-width: 0; }
.swatch { flex: none; vertical-align: -.1em; }
.maps { margin-top: 1.2rem; }
.strip { width: 60px; height: 14px; stroke: var(--roof); fill: var(--link); fill-opacity: .45; vertical-align: middle; }
.strip path:last-child { stroke: var(--ink); stroke-width: 1.5; }
.roof-line { stroke: var(--roof); stroke-width: 1.5; stroke-dasharray: 1 3; stroke-linecap: round; }
.roof-area { fill: var(--roof); fill-opacity: .14; stroke: none; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; margin-block: .6rem; align-items: end; }
.controls label { display: grid; font-size: .84rem; color: var(--soft); min-width: 0; max-width: 100%; }
.controls select, .controls input { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 5px; padding: .25rem .5rem; max-width: min(100%, 34rem); min-width: 0; }
.controls input { width: 17rem; }
[hidden] { display: none !important; }
.foot { color: var(--soft); font-size: .88rem; padding-block: 1rem 2.5rem; border-top: 1px solid var(--line); }

@media (max-width: 40rem) {
  body { font-size: 14.5px; }
  th, td { padding-inline: .5rem; }
  dl > div { grid-template-columns: minmax(5rem, 7rem) 1fr; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; }
  nav, .copy, .skip, .controls { display: none; }
  body { font-size: 10pt; }
  .scroll { overflow: visible; } table { font-size: 7.5pt; overflow-wrap: break-word; } .card table { overflow-wrap: normal; }
  td :is(code, bdi), th :is(code, bdi) { overflow-wrap: anywhere; }
  .matrix td, .cases td, td.n, th.n, .times td, .times th:first-child, .matrix th[scope=row] { white-space: normal; }
  .tiles, .cards, .figures { grid-template-columns: 1fr 1fr; }
  .card, .tile, figure, tr { break-inside: avoid; }
  h2, h3, figcaption, summary { break-after: avoid; }
  .stay { width: auto; position: static; }
  .times { font-size: 6pt; } .times :is(td, th).n { white-space: nowrap; } .times thead th.n { white-space: normal; }
  .times :is(td, th):is(:nth-child(10), :nth-child(16)) { display: none; }
  .kills { overflow-wrap: normal; } .legend { break-after: avoid; }
  :is(th, td), :is(th, td) :is(bdi, code) { padding-inline: .25rem; min-width: 0 !important; } tbody bdi { padding: 0 !important; }
  .scroll caption { position: static; width: auto; }
  figure table { font-size: 6.3pt; table-layout: fixed; } .failures th, .failures td, .skips td { overflow-wrap: anywhere; }
}
`;
