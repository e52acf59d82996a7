/** What the pages of a dashboard have beyond the style of all pages. */
export const dashboardStyle: string = `
.spark { display: block; width: 100%; min-width: 12rem; max-width: 30rem; height: 52px; background: var(--ground); border-radius: 4px; }
.spark .line { fill: none; stroke: var(--series-1); stroke-width: 1.4; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.spark .up { stroke: var(--f); stroke-width: 2; vector-effect: non-scaling-stroke; }
.spark .down { stroke: var(--p); stroke-width: 2; stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
.trends td { vertical-align: middle; } .trends td:nth-child(5) { width: 22rem; }
.trends .case { min-width: 14rem; overflow-wrap: anywhere; }
.runs th[scope=row] { min-width: 11rem; } .runs td:nth-child(2) { min-width: 14rem; overflow-wrap: anywhere; }
div[data-machine] > details { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .1rem .8rem; }
.tip { position: fixed; z-index: 5; pointer-events: none; background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: 5px; padding: .3rem .6rem; font-size: .82rem; max-width: 24rem; box-shadow: 0 2px 8px #0004; overflow-wrap: anywhere; }
@media print { .spark { min-width: 6rem; } .trends td:nth-child(5) { width: 9rem; } .runs .badge { white-space: normal; } }
`;
