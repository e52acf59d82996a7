// Everything that draws, apart from the rest: charts and the DOM they are made in are more code than all else together, and whoever
// runs cases needs them at the very end, if at all.

export type { Arms } from './compare/arms.ts';
export { renderArmsHtml } from './compare/armsPage.ts';
export { renderComparisonHtml } from './compare/page.ts';
export { type DashboardInput, dashboardSite, inProgress } from './dashboard/dashboard.ts';
export { type Format, type FormatName, formats } from './formats.ts';
export { renderHtml } from './html/page.ts';
