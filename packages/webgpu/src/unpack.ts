import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, constants, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

/** What an unpacked folder holds, relative to it. */
export const contents = {
  executable: 'chromium',
  libraries: 'al2023/lib',
  vulkanLoader: 'libvulkan.so.1',
  vulkanIcd: 'vk_swiftshader_icd.json',
  fontsConf: 'fonts-here.conf',
} as const;

/** The package's archives and the folder that each goes to. */
const archives = [
  { file: 'al2023.tar.br', folder: 'al2023' },
  { file: 'fonts.tar.br', folder: '.' },
  { file: 'swiftshader.tar.br', folder: '.' },
] as const;

/** The package's own fonts.conf names folders of another machine, and text comes out blank. */
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

interface ChromiumPackage {
  readonly root: string;
  readonly version: string;
}

/** The npm package, found from here as Node finds it. */
async function chromiumPackage(): Promise<ChromiumPackage> {
  const require = createRequire(import.meta.url);
  let root = dirname(require.resolve('@sparticuz/chromium'));
  while (!root.endsWith(join('node_modules', '@sparticuz', 'chromium'))) {
    if (root === dirname(root)) throw new Error('@sparticuz/chromium: expected it in a node_modules folder');
    root = dirname(root);
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { root, version };
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function isComplete(directory: string): Promise<boolean> {
  const found = await Promise.all(
    Object.values(contents).map((name) =>
      access(join(directory, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

async function unpackInto(directory: string, { root }: ChromiumPackage): Promise<void> {
  const bin = (file: string): string => join(root, 'bin', file);
  await Promise.all([
    ...archives.map(({ file, folder }) =>
      pipeline(createReadStream(bin(file)), createBrotliDecompress(), extract(join(directory, folder))),
    ),
    pipeline(
      createReadStream(bin('chromium.br')),
      createBrotliDecompress(),
      createWriteStream(join(directory, contents.executable), { mode: 0o755 }),
    ),
    writeFile(join(directory, contents.fontsConf), fontsConf),
  ]);
}

/** Folders that a killed process left half unpacked; one that is still being filled is younger than this. */
const abandonedAfter = 15 * 60_000;

async function removeAbandoned(cache: string, prefix: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(prefix)) continue;
    const { mtimeMs } = await stat(join(cache, name)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > abandonedAfter) await rm(join(cache, name), { recursive: true, force: true });
  }
}

/** `.cache/chromium` in the node_modules folder that holds the package, or a folder for temporary files. */
async function usualCache(source: ChromiumPackage): Promise<string> {
  const preferred = join(dirname(dirname(source.root)), '.cache', 'chromium');
  if ((await isComplete(join(preferred, source.version))) || (await isWritable(preferred))) return preferred;
  return join(tmpdir(), `normgauge-chromium-${process.getuid?.() ?? 'user'}`);
}

/**
 * The folder with what `@sparticuz/chromium` carries, unpacked when it is not there yet (3 to 4 s, 240 MB).
 *
 * It is `.cache/chromium/<version>` in the node_modules folder that holds the package, or, where that cannot be written,
 * below the system's folder for temporary files. Several processes may do this at once: each fills a folder of its own and
 * renames it into place; whoever comes second drops his.
 *
 * @param cache another folder to do this in
 * @throws {Error} when this is not Linux on x64, the package is absent, or the folder cannot be written
 */
export async function unpack(cache?: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `@sparticuz/chromium has no program for this machine: expected linux x64, got ${process.platform} ${process.arch}`,
    );
  }
  const source = await chromiumPackage();
  const folder = cache ?? (await usualCache(source));
  const directory = join(folder, source.version);
  if (await isComplete(directory)) return directory;
  await mkdir(folder, { recursive: true });
  const prefix = `${source.version}.partial-`;
  await removeAbandoned(folder, prefix);
  const partial = join(folder, `${prefix}${randomUUID()}`);
  try {
    await mkdir(partial);
    await unpackInto(partial, source);
    await moveIntoPlace(partial, directory);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return directory;
}

/** Another process may have put the same there meanwhile; a damaged folder is moved out of the way first. */
async function moveIntoPlace(partial: string, directory: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(partial, directory);
      return;
    } catch (error) {
      if (await isComplete(directory)) return;
      if (attempt === 3) throw error;
      const damaged = `${partial}-damaged-${attempt}`;
      await rename(directory, damaged).catch(() => {});
      await rm(damaged, { recursive: true, force: true });
    }
  }
}
