import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layouts, ops, type Problem, type Tensors } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { chromiumLaunch } from '../src/chromium.ts';
import { compare } from './allowed.ts';
import { inputsFor } from './fills.ts';
import { naive } from './naive.ts';
import { problemWith } from './problems.ts';

interface Case {
  readonly problem: Problem;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

/** The folder that a bundler would take the package from. */
const float16 = import.meta.resolve('@petamoriken/float16');

/** Solves all cases in the page and posts what came of it. */
const page = `<!doctype html><meta charset="utf-8"><title>BatchNorm</title>
<script type="importmap">${JSON.stringify({
  imports: { '@normgauge/contract': '/contract/dist/index.js', '@petamoriken/float16': '/float16/index.mjs' },
})}</script>
<script type="module">
  import { openBackend } from '/webgpu/dist/browser.js';
  import { outputsOf } from '@normgauge/contract';
  const post = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
  try {
    const { cases } = await (await fetch('/cases')).json();
    const backend = await openBackend();
    const outputs = [];
    for (const { problem, inputs } of cases) {
      const plan = await backend.plan(problem);
      await plan.write(Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values)])));
      await plan.run();
      const into = Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)]));
      await plan.read(into);
      await plan.close();
      outputs.push(Object.fromEntries(Object.entries(into).map(([name, values]) => [name, [...values]])));
    }
    const { device } = backend;
    await backend.close();
    await post({ device, outputs });
  } catch (error) {
    await post({ error: String(error) });
  }
</script>`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

/** What the page posts, from a headless Chromium that loads the built package over HTTP. */
async function solveInChromium(
  cases: readonly Case[],
): Promise<{ device: unknown; outputs: Record<string, number[]>[] }> {
  const profile = await mkdtemp(join(tmpdir(), 'normgauge-profile-'));
  const { executablePath, args, env } = await chromiumLaunch();
  let report: (text: string) => void;
  const reported = new Promise<string>((resolve) => {
    report = resolve;
  });
  const server = createServer(async (request, response) => {
    const url = request.url ?? '/';
    if (url === '/result') report(await bodyOf(request));
    const text =
      url === '/'
        ? page
        : url === '/cases'
          ? JSON.stringify({ cases })
          : /^\/(contract|webgpu)\/dist\/[\w/]+\.js$/.test(url)
            ? await readFile(new URL(`../..${url}`, import.meta.url), 'utf8')
            : /^\/float16\/[\w/]+\.mjs$/.test(url)
              ? await readFile(new URL(url.slice('/float16/'.length), float16), 'utf8')
              : '';
    const type = url === '/' ? 'text/html' : /js$/.test(url) ? 'text/javascript' : 'application/json';
    response.writeHead(text === '' && url !== '/result' ? 404 : 200, { 'content-type': type }).end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const browser = spawn(
    executablePath,
    ['--headless', `--user-data-dir=${profile}`, '--remote-debugging-port=0', ...args, `http://localhost:${port}/`],
    { env, stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => {
    browser.on('close', () => {
      report(JSON.stringify({ error: 'Chromium ended before the page was done' }));
      resolve();
    });
  });
  try {
    const { error, ...result } = JSON.parse(await reported);
    if (error !== undefined) throw new Error(error);
    return result;
  } finally {
    browser.kill('SIGKILL');
    await ended;
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('on Linux x64', () => {
  it('computes in headless Chromium what it computes in Node, all ops in both layouts', async () => {
    const problems = ops.flatMap((op) => layouts.map((layout) => problemWith({ op, layout })));
    const inputs = problems.map((problem) => inputsFor(problem, 9));
    const asNumbers = (tensors: Tensors): Case['inputs'] =>
      Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, [...values]]));
    const { device, outputs } = await solveInChromium(
      problems.map((problem, index) => ({ problem, inputs: asNumbers(inputs[index]!) })),
    );
    expect(device).toMatchObject({ kind: 'gpu', software: true });
    problems.forEach((problem, index) => {
      const got = Object.fromEntries(
        Object.entries(outputs[index]!).map(([name, values]) => [name, Float32Array.from(values)]),
      );
      const worst = compare(problem, inputs[index]!, got, naive(problem, inputs[index]!));
      expect(worst.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
      expect(worst.length).toBeGreaterThan(0);
    });
  });

  it('launches without the variables that name another Vulkan driver, and with the fonts that come along', async () => {
    process.env['VK_DRIVER_FILES'] = '/nowhere.json';
    const { env, args } = await chromiumLaunch();
    delete process.env['VK_DRIVER_FILES'];
    expect(env).not.toHaveProperty('VK_DRIVER_FILES');
    expect(args).toContain('--use-webgpu-adapter=swiftshader');
    expect(await readFile(env['FONTCONFIG_FILE']!, 'utf8')).toContain('<dir prefix="relative">fonts</dir>');
  });
});
