import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BackendSource } from '../../hosts/protocol.ts';
import { NotRun } from '../notRun.ts';
import { buildCommit } from './buildCommit.ts';
import { cacheFolder, locked } from './cacheFolder.ts';
import { commitNamed, Repository } from './git.ts';
import { installTarball } from './npm.ts';
import { liesIn, ownList, packageAround, projectAround } from './package.ts';

/** Another state of the code: what was asked for, and what it turned out to be. */
export interface Place {
  readonly asked: string;
  readonly kind: 'commit' | 'directory' | 'tarball';
  /** The full hash of a commit, the real path of a directory, the SHA-256 of a tarball. */
  readonly identity: string;
}

/**
 * What a person typed: a path where it looks like one, a git ref where there is one, else a directory.
 * @throws {UsageError} when it is none of them, {NotRun} when it is no path and there is no git
 */
export function placeNamed(option: string, asked: string): Place {
  const path = resolve(asked);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() && /\.(tgz|tar\.gz)$/.test(asked)) {
    return { asked, kind: 'tarball', identity: createHash('sha256').update(readFileSync(path)).digest('hex') };
  }
  const looksLikePath = /^(\.{0,2}[\\/]|\.{1,2}$|[A-Za-z]:)/.test(asked);
  const directory = (): Place => ({ asked, kind: 'directory', identity: realpathSync(path) });
  if (looksLikePath && found?.isDirectory()) return directory();
  const repository = found?.isDirectory() ? undefinedWithoutGit() : Repository.around('.');
  if (found?.isDirectory() && repository?.commitOf(asked) === undefined) return directory();
  return { asked, kind: 'commit', identity: commitNamed(option, asked, repository) };
}

function undefinedWithoutGit(): Repository | undefined {
  try {
    return Repository.around('.');
  } catch (error) {
    if (error instanceof NotRun) return undefined;
    throw error;
  }
}

/** How a person reads it: `origin/main (1a2b3c4d5e6f)`. */
export function describePlace({ asked, kind, identity }: Place): string {
  if (kind !== 'commit') return asked;
  const short = identity.slice(0, 12);
  return identity.startsWith(asked) ? short : `${asked} (${short})`;
}

/** The file of our tree whose counterpart is wanted. */
function fileOf(source: BackendSource): string {
  return source.kind === 'own' ? ownList : realpathSync(fileURLToPath(source.url));
}

/** The same kind of source, from another file. */
function sourceAt(source: BackendSource, file: string): BackendSource {
  const url = pathToFileURL(file).href;
  return source.kind === 'module' ? { kind: 'module', url } : { kind: 'listed', url, id: source.id };
}

function firstThere(what: string, place: Place, folder: string, ways: readonly string[]): string {
  const found = ways.map((way) => join(folder, way)).find((file) => existsSync(file));
  if (found !== undefined) return realpathSync(found);
  const hint = place.kind === 'commit' ? 'does "npm run build" make it?' : 'it has to be built already';
  throw new NotRun(`${what} ${describePlace(place)} has no ${ways[0]}; ${hint}`);
}

async function inCommit(
  place: Place,
  source: BackendSource,
  what: string,
  signal: AbortSignal,
): Promise<BackendSource> {
  const repository = Repository.around('.')!;
  const file = fileOf(source);
  if (!liesIn(repository.top, file)) {
    throw new NotRun(`${file} is not in the repository ${repository.top}, so that no commit of it has another one`);
  }
  const way = relative(repository.top, file);
  // Where nothing is built the folder may be absent: the search for the project begins at the nearest that is there.
  const projectIn = (top: string): string | undefined => {
    let folder = dirname(join(top, way));
    while (!existsSync(folder)) folder = dirname(folder);
    return projectAround(top, folder);
  };
  const top = await buildCommit(repository, place.identity, projectIn, signal);
  return sourceAt(source, firstThere(what, place, top, [way]));
}

function inDirectory(place: Place, source: BackendSource, what: string): BackendSource {
  const file = fileOf(source);
  const tops = [undefinedWithoutGit()?.top, packageAround(file), realpathSync('.')];
  const ways = tops.flatMap((top) => (top !== undefined && liesIn(top, file) ? [relative(top, file)] : []));
  if (ways.length === 0) throw new NotRun(`${file} lies outside the current folder: its counterpart has no path`);
  return sourceAt(source, firstThere(what, place, place.identity, [...new Set(ways)]));
}

/** The entry of an installed package. */
function entryOf(folder: string, name: string): string {
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch (error) {
    throw new NotRun(`the package ${name} has no entry: ${(error as Error).message.split('\n')[0]}`);
  }
}

async function inTarball(
  place: Place,
  source: BackendSource,
  what: string,
  signal: AbortSignal,
): Promise<BackendSource> {
  const tarballs = cacheFolder('tarballs');
  mkdirSync(tarballs, { recursive: true });
  const folder = join(tarballs, `${place.identity.slice(0, 16)}-node${process.versions.node}`);
  const manifest = join(folder, 'package.json');
  const done = join(folder, 'done');
  await locked(`${folder}.lock`, async () => {
    if (existsSync(done)) return;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(manifest, JSON.stringify({ private: true }));
    await installTarball(folder, resolve(place.asked), `${folder}.log`, signal).catch((error: unknown) => {
      throw error instanceof NotRun ? new NotRun(`${what} ${place.asked}: ${error.message}`) : error;
    });
    writeFileSync(done, '');
  });
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly dependencies?: object };
  const name = Object.keys(dependencies)[0];
  if (name === undefined) throw new NotRun(`${what} ${place.asked}: npm installed nothing from it`);
  // A package of one of our backends is the backend.
  if (source.kind !== 'module') return { kind: 'module', url: pathToFileURL(entryOf(folder, name)).href };
  const file = fileOf(source);
  const around = packageAround(file);
  if (around === undefined) throw new NotRun(`${file} belongs to no package, so that it has no path in ${place.asked}`);
  return sourceAt(source, firstThere(what, place, join(folder, 'node_modules', name), [relative(around, file)]));
}

/**
 * Where a backend lies in another state of the code, which is checked out, installed and built first where that is needed.
 *
 * @param what is named in errors: `base` or `head`
 * @throws {NotRun} when that state cannot be had, or does not have the backend
 */
export function sourceIn(
  place: Place,
  source: BackendSource,
  what: string,
  signal: AbortSignal,
): Promise<BackendSource> | BackendSource {
  switch (place.kind) {
    case 'commit':
      return inCommit(place, source, what, signal);
    case 'directory':
      return inDirectory(place, source, what);
    case 'tarball':
      return inTarball(place, source, what, signal);
  }
}
