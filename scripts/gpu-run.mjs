#!/usr/bin/env node
/*
 * A run on a GPU that anybody can repeat, on Linux with an NVIDIA GPU and Node ≥ 20.19, from this checkout:
 *
 *     npm ci
 *     node scripts/gpu-run.mjs --out gpu-run
 *
 * Looks whether everything is there, builds where that was not done, verifies webgpu, in float16 too where the GPU has it, times it,
 * times PyTorch where python3 has it with CUDA, and leaves all of it in one folder, index.html first. Nothing is timed on a
 * software adapter unless --allow-software says so.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const usage = `usage: node scripts/gpu-run.mjs [--out <folder>] [--suite <name>] [--case <address>]… [--python <program>] [--allow-software]

--out             where everything goes (default: reports/out/gpu)
--suite           what is verified (default: standard); what is timed is the suite limits
--case            only these cases, verified and timed, and nothing in float16 beside them; may be repeated
--python          the python3 that is looked at for torch (default: python3)
--allow-software  go on without a GPU, to try the script: times then mean nothing
`;

/** Says one sentence and ends with exit status 2. */
function refuse(sentence) {
  process.stderr.write(`gpu-run: ${sentence}\n`);
  process.exit(2);
}

function optionsOf(args) {
  const string = { type: 'string' };
  try {
    const { values } = parseArgs({
      args,
      options: {
        out: { ...string, default: join(root, 'reports/out/gpu') },
        suite: { ...string, default: 'standard' },
        case: { ...string, multiple: true, default: [] },
        python: { ...string, default: 'python3' },
        'allow-software': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return refuse(`${error.message}\n${usage}`);
  }
}

/** Why the Vulkan loader cannot be loaded, or undefined. */
function loaderProblem() {
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1', constants.dlopen.RTLD_LAZY);
    return undefined;
  } catch (error) {
    // it is no Node addon, which Node notices after loading it
    return error.message.includes('did not self-register') ? undefined : error.message.split('\n')[0];
  }
}

const icdFolders = [
  '/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/local/etc/vulkan/icd.d',
];

/** Why no NVIDIA driver is known to the Vulkan loader, or undefined. */
function driverProblem() {
  for (const variable of ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES']) {
    const named = process.env[variable];
    if (!named) continue;
    const missing = named.split(':').find((file) => !existsSync(file));
    return missing && `${variable} names ${missing}, which does not exist: correct or unset it`;
  }
  const files = icdFolders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  if (files.some((file) => /nvidia.*\.json$/.test(file))) return undefined;
  return `no Vulkan driver of NVIDIA: expected nvidia_icd.json in ${icdFolders[0]} or ${icdFolders[1]}, got ${files.join(', ') || 'none'}; install the graphics part of the driver, start a container with NVIDIA_DRIVER_CAPABILITIES=all, or name the file in VK_DRIVER_FILES`;
}

/** Runs a program, shows and keeps what it prints; resolves with its exit status, 127 where there is no such program. */
function run(log, program, args, env = {}) {
  process.stdout.write(`\n$ ${[program, ...args].join(' ')}\n`);
  const file = createWriteStream(log);
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on('data', (chunk) => {
      to.write(chunk);
      file.write(chunk);
    });
  }
  return new Promise((settle) => {
    child.on('error', (error) => {
      file.write(`${error.message}\n`);
      settle(127);
    });
    child.on('close', (status) => {
      file.end();
      settle(status ?? 1);
    });
  });
}

/** Opens the backend in a process of its own and prints what it runs on. */
const openAndTell = `
  const { openBackend } = await import('@normgauge/webgpu');
  const backend = await openBackend();
  process.stdout.write(JSON.stringify(backend.device, null, 2));
  await backend.close();
`;

/** What webgpu runs on; the script ends with a sentence where that is no GPU and none but a GPU will do. */
async function deviceOf(out, allowSoftware, env) {
  const chunks = [];
  const child = spawn(process.execPath, ['--input-type=module', '--eval', openAndTell], {
    cwd: join(root, 'harness'),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const status = await new Promise((settle) => {
    child.on('close', settle);
  });
  if (status !== 0) {
    const text = Buffer.concat(errors).toString();
    const why = /^\w*Error.*$/m.exec(text)?.[0] ?? text.trim();
    refuse(
      `webgpu does not open: ${why}; with VK_LOADER_DEBUG=error the Vulkan loader says why it did not take a driver (often libX11.so.6 or libXext.so.6 is missing)`,
    );
  }
  const device = JSON.parse(Buffer.concat(chunks).toString());
  if (device.software && !allowSoftware) {
    refuse(
      `"${device.name}" is a software adapter, whose times mean nothing; expected a GPU, or --allow-software to try the script`,
    );
  }
  writeFileSync(join(out, 'device.json'), `${JSON.stringify(device, null, 2)}\n`);
  return device;
}

/** Whether x and y in float16 are verified, too; says so where the adapter has no such thing. */
function halves(device, cases) {
  if (device.details.features.split(' ').includes('shader-f16')) return cases.length === 0;
  process.stdout.write('\nthe adapter has no shader-f16: nothing is verified in float16\n');
  return false;
}

async function main() {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const allowSoftware = options['allow-software'];
  if (process.platform !== 'linux') refuse(`expected Linux, got ${process.platform}`);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) refuse(`expected Node ≥ 20.19, got ${process.versions.node}`);
  if (!existsSync(join(root, 'node_modules'))) refuse(`expected installed packages, got none; run "npm ci" in ${root}`);
  if (!allowSoftware) {
    const problem = loaderProblem();
    if (problem) refuse(`no Vulkan loader (${problem}): install it (Debian and Ubuntu: libvulkan1)`);
    const noDriver = driverProblem();
    if (noDriver) refuse(noDriver);
  }

  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  const log = (name) => join(out, `${name}.log`);
  if (!existsSync(join(root, 'harness/dist/main.js')) && (await run(log('build'), 'npm', ['run', 'build'])) !== 0) {
    refuse(`the build failed; see ${log('build')}`);
  }
  const adapter = allowSoftware ? {} : { NORMGAUGE_WEBGPU_ADAPTER: 'hardware' };
  const device = await deviceOf(out, allowSoftware, adapter);
  process.stdout.write(`webgpu on ${device.name}\n`);

  const cases = options.case.flatMap((address) => ['--case', address]);
  const normgauge = (name, args) =>
    run(log(name), process.execPath, [join(root, 'harness/bin/normgauge.js'), ...args], adapter);
  const onWebgpu = ['--backend', 'webgpu', '--require', '--time-limit', '300', ...cases];
  const statuses = [
    await normgauge('verify', ['verify', '--suite', options.suite, ...onWebgpu, '--out', join(out, 'verify')]),
    ...(halves(device, options.case)
      ? [await normgauge('half', ['verify', '--suite', 'half', ...onWebgpu, '--out', join(out, 'half')])]
      : []),
    await normgauge('bench', ['bench', '--suite', 'limits', ...onWebgpu, '--out', join(out, 'bench')]),
  ];

  const torch = join(out, 'torch.json');
  const hasTorch = 'import torch, sys; sys.exit(0 if torch.cuda.is_available() else "torch sees no CUDA device")';
  let beside = [];
  if ((await run(log('torch'), options.python, ['-c', hasTorch])) === 0) {
    const script = join(root, 'scripts/torch_batch_norm.py');
    const status = await run(log('torch'), options.python, [script, '--out', torch]);
    statuses.push(status);
    if (status === 0) beside = ['--beside', torch];
  } else process.stdout.write(`${options.python} has no torch with CUDA: PyTorch is not timed\n`);

  const page = join(out, 'index.html');
  statuses.push(
    await normgauge('report', ['report', join(out, 'bench'), '--format', 'html', ...beside, '--out', page]),
  );
  process.stdout.write(`\nall of it: ${out}\npage: ${page}\n`);
  return Math.max(...statuses);
}

process.exitCode = await main();
