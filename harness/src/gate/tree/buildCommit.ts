import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotRun } from '../notRun.ts';
import { cacheFolder, locked } from './cacheFolder.ts';
import type { Repository } from './git.ts';
import { installAndBuild } from './npm.ts';

/** Built commits of one repository that are kept. */
const kept = 4;

/** Beside a tree that is complete. */
const doneOf = (folder: string): string => `${folder}.done`;
const logOf = (folder: string): string => `${folder}.log`;

/** Trees of this repository for this Node: what is built natively fits no other. */
function treesOf({ top }: Repository): string {
  const repository = createHash('sha256').update(top).digest('hex').slice(0, 12);
  return cacheFolder('trees', `${repository}-node${process.versions.node}-${process.platform}-${process.arch}`);
}

function discard(repository: Repository, folder: string): void {
  repository.removeWorktree(folder);
  for (const path of [folder, `${folder}.aside`, doneOf(folder)]) rmSync(path, { recursive: true, force: true });
}

/** Leaves a checked-out folder where it is, as a folder that git knows nothing of. */
function unlist(repository: Repository, folder: string): void {
  const aside = `${folder}.aside`;
  renameSync(folder, aside);
  repository.removeWorktree(folder);
  renameSync(aside, folder);
  rmSync(join(folder, '.git'), { force: true });
}

/** Keeps the trees that were used last. */
function forgetOld(trees: string): void {
  const byAge = readdirSync(trees)
    .filter((name) => name.endsWith('.done'))
    .map((name) => ({ folder: join(trees, name.slice(0, -'.done'.length)), used: statSync(join(trees, name)).mtimeMs }))
    .sort((a, b) => b.used - a.used);
  for (const { folder } of byAge.slice(kept)) {
    for (const path of [doneOf(folder), logOf(folder), folder]) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * A commit, checked out, installed by its own lock file and built, in a folder of the cache that git does not list. The
 * repository's own work tree is not touched.
 *
 * @param projectIn the folder to install and build in, given the top folder of the checkout
 * @returns the top folder of the checkout
 * @throws {NotRun} when it cannot be checked out, installed or built
 */
export async function buildCommit(
  repository: Repository,
  commit: string,
  projectIn: (top: string) => string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const trees = treesOf(repository);
  mkdirSync(trees, { recursive: true });
  const folder = join(trees, commit.slice(0, 16));
  return locked(`${folder}.lock`, async () => {
    const done = doneOf(folder);
    if (!existsSync(done)) {
      // What an earlier gate began and did not finish.
      discard(repository, folder);
      const log = logOf(folder);
      writeFileSync(log, '');
      try {
        repository.addWorktree(folder, commit);
        const project = projectIn(folder);
        if (project !== undefined) await installAndBuild(project, log, signal);
        unlist(repository, folder);
      } catch (error) {
        discard(repository, folder);
        if (error instanceof NotRun) throw new NotRun(`base ${commit.slice(0, 12)}: ${error.message}`);
        throw error;
      }
    }
    writeFileSync(done, commit);
    forgetOld(trees);
    return folder;
  });
}
