import { execFile } from 'node:child_process';
import { cpSync, createReadStream, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-fs';
import { newFolder } from './commandLine.ts';
import { plainEnvironment } from './vitestRun.ts';

export const checkout: string = fileURLToPath(new URL('../../', import.meta.url));

/** The fields of a package.json that an installation goes by. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license: string;
  readonly type: string;
  readonly engines: { readonly node: string };
  readonly exports: { readonly [door: string]: string | { readonly [condition: string]: string } };
  readonly bin?: { readonly [command: string]: string };
  readonly dependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
}

export interface Installed {
  /** The kernel author's repository. */
  readonly folder: string;
  readonly manifests: readonly Manifest[];
  /** Path of a file or folder of an installed package. */
  of(name: string, ...path: readonly string[]): string;
}

export function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Tarballs of all our packages, as `npm publish` would send them. */
function pack(into: string): Promise<readonly string[]> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['pack', '--workspaces', '--json', '--offline', '--ignore-scripts', '--pack-destination', into];
  const options = { cwd: checkout, env: plainEnvironment(), shell: process.platform === 'win32', maxBuffer: 2 ** 26 };
  return new Promise((resolve, reject) => {
    execFile(npm, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`npm pack: ${stderr || error.message}`));
      else resolve((JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => join(into, filename)));
    });
  });
}

/** Where the checkout has a package that one of ours depends on. */
function installedHere(dependent: string, name: string): string {
  const places = [
    join(checkout, 'node_modules', dependent, 'node_modules', name),
    join(checkout, 'node_modules', name),
  ];
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${dependent} depends on ${name}, which is not installed`);
  return realpathSync(found);
}

/**
 * A copy of `examples/kernel-author` with our packages unpacked from their tarballs, so that nothing of them is there but what
 * they ship. Packages of others that their manifests name are links to those of the checkout: no network is needed.
 */
export async function installPacked(): Promise<Installed> {
  const folder = realpathSync(newFolder());
  const example = join(checkout, 'examples', 'kernel-author');
  cpSync(example, folder, { recursive: true, filter: (path) => !path.startsWith(join(example, 'node_modules')) });
  const modules = join(folder, 'node_modules');
  const manifests: Manifest[] = [];
  for (const tarball of await pack(newFolder())) {
    const unpacked = newFolder();
    await pipeline(createReadStream(tarball), createGunzip(), extract(unpacked, { strip: 1 }));
    const manifest = manifestIn(unpacked);
    cpSync(unpacked, join(modules, manifest.name), { recursive: true });
    manifests.push(manifest);
  }
  const ours = new Set(manifests.map(({ name }) => name));
  const wanted = [
    ...manifests.flatMap(({ name, dependencies }) =>
      Object.keys(dependencies ?? {}).map((other) => [name, other] as const),
    ),
    ...['vitest', 'typescript', '@types/node'].map((other) => ['normgauge', other] as const),
  ];
  for (const [dependent, name] of wanted) {
    const place = join(modules, name);
    if (ours.has(name) || existsSync(place)) continue;
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(installedHere(dependent, name), place, 'junction');
  }
  return { folder, manifests, of: (name, ...path) => join(modules, name, ...path) };
}
