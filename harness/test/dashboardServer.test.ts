import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DashboardServer, serveDashboard } from '../src/dashboard/serve.ts';
import { newFolder } from './commandLine.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

const folder = newFolder();
const secret = join(folder, 'secret.txt');
const runPage = join(folder, 'run.html');
let server: DashboardServer;
let port: number;

/** A request whose path is sent as it is, dots and all. */
function ask(path: string, method = 'GET', host = `127.0.0.1:${port}`): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the server of a dashboard', () => {
  beforeAll(async () => {
    writeFileSync(secret, 'secret');
    writeFileSync(runPage, 'a run');
    mkdirSync(join(folder, 'site'));
    symlinkSync(secret, join(folder, 'site', 'link.html'));
    const pages = new Map([['index.html', 'the index']]);
    server = await serveDashboard(
      { page: (name) => pages.get(name), runPage: (number) => [runPage, join(folder, 'gone.html')][number] },
      0,
    );
    port = Number(new URL(server.url).port);
  });

  afterAll(() => server.close());

  it.each([
    ['/', 'the index'],
    ['/index.html', 'the index'],
    ['/index.html?machine=a', 'the index'],
    ['/run/0', 'a run'],
  ])('answers %s', async (path, text) => {
    expect(await ask(path)).toEqual({ status: 200, text });
  });

  it.each([
    '/../secret.txt',
    '/../../../../../../../../etc/passwd',
    '/..%2f..%2fsecret.txt',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/site/../secret.txt',
    '//etc/passwd',
    '/\\..\\secret.txt',
    '/secret.txt',
    '/site/link.html',
    '/run/0/../../secret.txt',
    '/run/-1',
    '/run/1e9',
    '/run/7',
    '/run/1',
    '/run/0%00',
    '/__proto__',
    '/constructor',
    `/${'a'.repeat(9000)}`,
  ])('has no page at %s', async (path) => {
    const { status, text } = await ask(path);
    expect(status).toBe(404);
    expect(text).not.toContain('secret\n');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await ask('/', method)).status).toBe(405);
  });

  it.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    'refuses a request that came by the name "%s"',
    async (host) => {
      expect((await ask('/', 'GET', host)).status).toBe(403);
    },
  );

  it.each(['localhost', '127.0.0.1', '[::1]'])('accepts the name %s', async (name) => {
    expect((await ask('/', 'GET', `${name}:${port}`)).status).toBe(200);
  });

  const outer = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === 'IPv4')?.address;

  it.skipIf(outer === undefined)('does not listen on the network', async () => {
    const failed = await new Promise<boolean>((resolve) => {
      const socket = connect(port, outer!);
      socket.on('error', () => resolve(true));
      socket.on('connect', () => {
        socket.destroy();
        resolve(false);
      });
    });
    expect(failed).toBe(true);
  });

  it('tells those who listen to load again', async () => {
    const heard = new Promise<string>((resolve) => {
      const sent = request({ host: '127.0.0.1', port, path: '/events', headers: { host: 'localhost' } }, (response) => {
        response.setEncoding('utf8');
        response.once('data', () => server.reload());
        response.on('data', (text: string) => {
          if (!text.includes('event:')) return;
          sent.destroy();
          resolve(text);
        });
      });
      sent.on('error', () => undefined);
      sent.end();
    });
    expect(await heard).toBe('event: reload\ndata: built anew\n\n');
  });

  it('says which port it cannot have', async () => {
    await expect(serveDashboard({ page: () => undefined, runPage: () => undefined }, port)).rejects.toThrow(
      `--port ${port}: cannot be listened on (EADDRINUSE)`,
    );
  });
});
