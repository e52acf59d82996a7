import { constants } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { BackendUnavailableError } from '@normgauge/contract';
import { computesNothing, type FoundAdapter, isSoftware } from './adapter.ts';
import { contents, unpack } from './unpack.ts';

/** Forces the kind of adapter: `hardware` never falls back, `software` does not look for a GPU. */
const choiceVariable = 'NORMGAUGE_WEBGPU_ADAPTER';

type Create = (flags: string[]) => GPU;

const flags = ['disable-dawn-features=timestamp_quantization'];

/**
 * Every object that Dawn's `create` returned and every adapter, for as long as the process lives. When one is collected as
 * garbage while anything of it is in use, the process crashes.
 */
const held: (GPU | GPUAdapter)[] = [];

function gpuFrom(create: Create): GPU {
  const gpu = create(flags);
  held.push(gpu);
  return gpu;
}

let hardware: GPU | undefined;
let nothingOfItsOwn: Search | undefined;
let software: Promise<GPU> | undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function dawn(): Promise<Create> {
  try {
    return (await import('webgpu')).create;
  } catch (cause) {
    throw new BackendUnavailableError('webgpu', `the npm package "webgpu" does not load: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Loads a shared library for the whole process and leaves it loaded. @throws {Error} when there is none or it is broken */
function loadLibrary(path: string): void {
  const noDelete = 0x1000; // RTLD_NODELETE of Linux, which Node does not name
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_GLOBAL | noDelete);
  } catch (error) {
    // it is no Node addon, which Node notices after loading it
    if (!messageOf(error).includes('did not self-register')) throw error;
  }
}

/** Dawn complains on the terminal when Linux has no Vulkan loader, so that is found out first. */
function vulkanLoaderProblem(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    loadLibrary('libvulkan.so.1');
    return undefined;
  } catch (error) {
    return messageOf(error).split('\n')[0];
  }
}

interface Search {
  readonly adapter?: GPUAdapter;
  /** Why there is none. */
  readonly reason: string;
}

async function request(gpu: GPU): Promise<Search> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { reason: 'no driver offers an adapter' };
  held.push(adapter);
  if (computesNothing(adapter)) return { reason: `"${adapter.info.device}" computes nothing` };
  return { adapter, reason: '' };
}

/** Whatever the machine offers of itself. Where that is nothing, it stays so: a driver does not come while a process runs. */
async function ownAdapter(create: Create): Promise<Search> {
  if (nothingOfItsOwn !== undefined) return nothingOfItsOwn;
  const problem = vulkanLoaderProblem();
  if (problem === undefined) hardware ??= gpuFrom(create);
  const search = hardware === undefined ? { reason: `no Vulkan: ${problem}` } : await request(hardware);
  if (search.adapter === undefined) nothingOfItsOwn = search;
  return search;
}

/**
 * Dawn on the SwiftShader of `@sparticuz/chromium`. The Vulkan loader reads its variable while Dawn looks for drivers, so it is set
 * just so long and child processes never see it.
 */
async function openSwiftShader(create: Create): Promise<GPU> {
  const directory = await unpack();
  loadLibrary(join(directory, contents.vulkanLoader));
  const icd = join(directory, contents.vulkanIcd);
  const before = { ...process.env };
  const variables = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES'];
  for (const name of variables) process.env[name] = icd;
  try {
    const gpu = gpuFrom(create);
    await gpu.requestAdapter();
    return gpu;
  } finally {
    for (const name of variables) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

async function softwareAdapter(create: Create): Promise<Search> {
  try {
    software ??= openSwiftShader(create);
    const search = await request(await software);
    if (search.adapter !== undefined || isMainThread) return search;
    return { reason: `${search.reason}; in a worker thread it is found only with { env: SHARE_ENV }` };
  } catch (error) {
    software = undefined;
    return { reason: messageOf(error) };
  }
}

/**
 * The machine's own adapter, or else SwiftShader.
 *
 * The environment variable NORMGAUGE_WEBGPU_ADAPTER decides otherwise: `hardware` takes the machine's own or none, and no
 * software driver either; `software` takes SwiftShader without looking for anything else.
 *
 * @throws {BackendUnavailableError} when neither is to be had, with the reason for each
 */
export async function findNodeAdapter(): Promise<FoundAdapter> {
  const choice = process.env[choiceVariable] ?? '';
  if (!['', 'hardware', 'software'].includes(choice)) {
    throw new BackendUnavailableError('webgpu', `${choiceVariable}: expected hardware or software, got "${choice}"`);
  }
  const create = await dawn();
  const details = { runtime: 'Dawn in Node', flags: flags.join(' '), [choiceVariable]: choice };

  let reason = '';
  if (choice !== 'software') {
    const own = await ownAdapter(create);
    const unwanted = choice === 'hardware' && own.adapter !== undefined && isSoftware(own.adapter);
    if (own.adapter !== undefined && !unwanted) return { adapter: own.adapter, details };
    reason = unwanted ? `"${own.adapter.info.device}" is a software driver` : own.reason;
    if (choice === 'hardware') {
      throw new BackendUnavailableError(
        'webgpu',
        `no GPU (${reason}), and ${choiceVariable}=hardware forbids SwiftShader`,
      );
    }
  }
  const swiftShader = await softwareAdapter(create);
  if (swiftShader.adapter !== undefined) {
    return { adapter: swiftShader.adapter, details: { ...details, ...(reason && { instead: `of a GPU: ${reason}` }) } };
  }
  const own = reason === '' ? '' : `no GPU (${reason}), and `;
  throw new BackendUnavailableError('webgpu', `${own}no SwiftShader (${swiftShader.reason})`);
}
