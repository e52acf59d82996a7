import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { UsageError } from '../../usageError.ts';
import { NotRun } from '../notRun.ts';

/** The answer of git in a folder, or undefined where it says no. */
function answer(folder: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new NotRun('there is no git on this machine: pass base as a directory or a packed tarball');
    }
    return undefined;
  }
}

/** A git work tree: the one that a folder lies in. */
export class Repository {
  /** Real path of the top folder. */
  readonly top: string;

  private constructor(top: string) {
    this.top = top;
  }

  /** @throws {NotRun} when there is no git; undefined is answered where there is git and no work tree */
  static around(folder: string): Repository | undefined {
    const top = answer(folder, ['rev-parse', '--show-toplevel']);
    return top === undefined || top === '' ? undefined : new Repository(realpathSync(top));
  }

  /** The commit that a name stands for, or undefined. */
  commitOf(name: string): string | undefined {
    return answer(this.top, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  }

  /** Tracked files that differ from HEAD. */
  changedFiles(): readonly string[] {
    const status = answer(this.top, ['status', '--porcelain', '--untracked-files=no']) ?? '';
    return status.split('\n').flatMap((line) => (line === '' ? [] : [line.trim().replace(/^\S+\s+/, '')]));
  }

  /** Checks a commit out into a new folder, without running the repository's hooks. */
  addWorktree(folder: string, commit: string): void {
    const args = [
      '-c',
      'core.hooksPath=/dev/null',
      '-C',
      this.top,
      'worktree',
      'add',
      '--detach',
      '--force',
      folder,
      commit,
    ];
    try {
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      const said = String((error as { readonly stderr?: unknown }).stderr ?? '');
      throw new NotRun(`base ${commit.slice(0, 12)} cannot be checked out: ${said.trim().split('\n').at(-1)}`);
    }
  }

  /** Takes a folder off git's list of work trees. What lies at that path goes with it. */
  removeWorktree(folder: string): void {
    answer(this.top, ['worktree', 'remove', '--force', '--force', folder]);
  }
}

/**
 * The commit of a name that somebody typed.
 * @throws {UsageError} when there is none
 */
export function commitNamed(option: string, name: string, repository: Repository | undefined): string {
  if (!repository) {
    throw new UsageError(
      `${option} ${name}: expected a directory, a packed tarball (.tgz) or a git ref; there is no such file, and this folder is in no git work tree`,
    );
  }
  const commit = repository.commitOf(name);
  if (commit === undefined) {
    throw new UsageError(
      `${option} ${name}: there is no such commit, branch or tag here; a shallow checkout has to fetch it first (git fetch --depth=1 origin ${name})`,
    );
  }
  return commit;
}

/** @throws {UsageError} when tracked files differ from HEAD: a verdict would be one on no commit */
export function refuseChanges(repository: Repository): void {
  const changed = repository.changedFiles();
  if (changed.length === 0) return;
  const named = changed.slice(0, 3).join(', ');
  const more = changed.length > 3 ? ` and ${changed.length - 3} more` : '';
  throw new UsageError(
    `the work tree has changes that are in no commit (${named}${more}), so that the verdict would be one on no commit: commit them, or say --allow-dirty`,
  );
}
