import { readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Live } from '@normgauge/reports';
import { dashboardSite } from '@normgauge/reports/pages';
import { type FolderContent, ReportFolder } from '../dashboard/reportFolder.ts';
import { eventsPath, runPagePath, serveDashboard } from '../dashboard/serve.ts';
import { UsageError } from '../usageError.ts';
import { exitStatus } from './exitStatus.ts';
import { writeOut } from './writeOut.ts';

/** Options of `dashboard`, as the command line gives them. */
export interface DashboardOptions {
  readonly out?: string;
  readonly serve: boolean;
  readonly port: number;
  readonly quiet: boolean;
}

/** Milliseconds between two looks at the folder. */
const interval = 1000;

function checkFolder(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(
      `${folder}: expected a folder of reports, got ${folder === '' ? 'nothing' : 'none'}; name one`,
    );
  }
}

const say = (quiet: boolean, text: string): void => {
  if (!quiet) process.stdout.write(`${text}\n`);
};

function contentText({ runs, leftOut, inProgress }: FolderContent): string {
  const lines = [`${runs.length} runs${inProgress.length > 0 ? `, ${inProgress.length} in progress` : ''}`];
  for (const { source, reason } of leftOut) lines.push(`left out: ${source}: ${reason}`);
  return lines.join('\n');
}

/** A file as a page refers to it: relative, each part escaped. */
function addressFrom(site: string, path: string): string {
  return relative(resolve(site), path).split(sep).map(encodeURIComponent).join('/');
}

/** Pages of an earlier, larger site that this one does not have. */
function removeStale(site: string, files: ReadonlySet<string>): void {
  for (const name of readdirSync(site)) {
    if (/^trend-\d+\.html$/.test(name) && !files.has(name)) rmSync(join(site, name));
  }
}

function writeSite(folder: string, site: string, quiet: boolean): number {
  const content = new ReportFolder(folder, site, (path) => addressFrom(site, path)).content();
  const files = dashboardSite(content);
  for (const [name, text] of files) writeOut(join(site, name), text);
  removeStale(site, new Set(files.keys()));
  say(quiet, contentText(content));
  say(quiet, `dashboard: ${join(site, 'index.html')}`);
  return exitStatus.good;
}

async function serveSite(folder: string, site: string, { port, quiet }: DashboardOptions): Promise<number> {
  const runPages: string[] = [];
  const reports = new ReportFolder(folder, site, (path) => {
    const known = runPages.indexOf(path);
    return runPagePath(known >= 0 ? known : runPages.push(path) - 1);
  });
  const live: Live = { events: eventsPath };
  let stamp = reports.stamp();
  const first = reports.content();
  let files = dashboardSite({ ...first, live });
  say(quiet, contentText(first));
  const server = await serveDashboard({ page: (name) => files.get(name), runPage: (number) => runPages[number] }, port);
  process.stdout.write(`dashboard: ${server.url} (Ctrl-C ends it)\n`);
  const look = setInterval(() => {
    const now = reports.stamp();
    if (now === stamp) return;
    stamp = now;
    files = dashboardSite({ ...reports.content(), live });
    server.reload();
  }, interval);
  await new Promise<void>((stop) => {
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
  clearInterval(look);
  await server.close();
  return exitStatus.good;
}

/**
 * Makes a dashboard of a folder of reports, once or for as long as it is served; returns the exit status.
 * @throws {UsageError} when there is no such folder, or the site cannot be written or served
 */
export function runDashboard(folder: string, options: DashboardOptions): Promise<number> | number {
  checkFolder(folder);
  const site = options.out ?? join(folder, 'dashboard');
  return options.serve ? serveSite(folder, site, options) : writeSite(folder, site, options.quiet);
}
