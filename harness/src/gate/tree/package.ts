import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether a path lies in a folder, or is it. */
export function liesIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !/^[A-Za-z]:/.test(way));
}

/** The folders from one up to a top folder that holds it, nearest first. */
export function foldersUpTo(top: string, folder: string): readonly string[] {
  if (!liesIn(top, folder)) return [];
  return folder === top ? [top] : [folder, ...foldersUpTo(top, dirname(folder))];
}

/** The nearest folder above a file that has a package.json, or undefined. */
export function packageAround(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * The folder to install and build for a file of a checkout: the one with the lock file that covers it, else the nearest with a
 * package.json. Undefined where there is neither, and nothing to build.
 */
export function projectAround(top: string, folder: string): string | undefined {
  const folders = foldersUpTo(top, folder);
  const having = (name: string): string | undefined => folders.find((each) => existsSync(join(each, name)));
  return having('package-lock.json') ?? having('package.json');
}

/** The list of the harness's own backends, as built; the same file from src and from dist. */
export const ownList: string = realpathSync(fileURLToPath(new URL('../../../package.json', import.meta.url))).replace(
  /package\.json$/,
  join('dist', 'backends.js'),
);
