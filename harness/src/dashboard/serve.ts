import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../usageError.ts';

/** What is served: pages that are held in memory, and the pages of runs, which lie in files that are known by number. */
export interface Served {
  /** The page of this name, or undefined. */
  page(name: string): string | undefined;
  /** The file of the run page of this number, or undefined. */
  runPage(number: number): string | undefined;
}

/** A running server. */
export interface DashboardServer {
  readonly url: string;
  /** Tells every open page to load itself again. */
  reload(): void;
  close(): Promise<void>;
}

/** Where pages listen for changes. */
export const eventsPath = '/events';
/** The address of a run page by its number, from the site's root. */
export const runPagePath = (number: number): string => `run/${number}`;

const headers: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { ...headers, 'Content-Type': `${type}; charset=utf-8` });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** A page elsewhere can have its own name point here; then the browser sends that name, and gets nothing. */
function isLocal({ headers: { host } }: IncomingMessage): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '');
}

function textOf(served: Served, path: string): string | undefined {
  const [, number] = /^\/run\/(\d{1,9})$/.exec(path) ?? [];
  if (number === undefined) return served.page(path === '/' ? 'index.html' : path.slice(1));
  const file = served.runPage(Number(number));
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}

/**
 * Serves a dashboard on the loopback interface and nowhere else. A request can name a page or a number and never a file, so that
 * there is no path to leave the folder by.
 * @param port 0 lets the system choose
 * @throws {UsageError} when the port cannot be had
 */
export async function serveDashboard(served: Served, port: number): Promise<DashboardServer> {
  const listeners = new Set<ServerResponse>();
  const server: Server = createServer((request, response) => {
    if (!isLocal(request)) return answer(response, 403, 'This address is for this machine only.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET and HEAD.');
    const [path] = (request.url ?? '/').split('?') as [string];
    if (path === eventsPath) {
      response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
      response.write('retry: 1000\n\n');
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
      return;
    }
    try {
      const text = textOf(served, path);
      if (text === undefined) return answer(response, 404, 'There is no such page.');
      return answer(response, 200, text, 'text/html');
    } catch {
      return answer(response, 404, 'The page of this run is gone.');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(new UsageError(`--port ${port}: cannot be listened on (${code ?? message}); name another, or 0 for any`)),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    reload() {
      for (const listener of listeners) listener.write('event: reload\ndata: built anew\n\n');
    },
    close() {
      for (const listener of listeners) listener.end();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
