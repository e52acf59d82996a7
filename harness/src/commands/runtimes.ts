import { spawnSync } from 'node:child_process';
import type { Runtimes } from '../gate/arms.ts';
import { type Runtime, thisNode } from '../hosts/childProcess.ts';
import { UsageError } from '../usageError.ts';

/** The options of `gate` that say what runs each side. */
export interface RuntimeOptions {
  readonly node?: string;
  readonly nodeFlags?: string;
  readonly baseNode?: string;
  readonly baseNodeFlags?: string;
  /** A process for each side although both could share one. */
  readonly apart: boolean;
}

/** Milliseconds for a Node to say its version. */
const versionLimit = 20_000;

function flagsIn(option: string, text: string | undefined): readonly string[] {
  const flags = (text ?? '').split(/\s+/).filter((flag) => flag !== '');
  const other = flags.find((flag) => !flag.startsWith('-'));
  if (other !== undefined) {
    throw new UsageError(
      `${option}: expected flags of Node, each beginning with -, got "${other}"; write --flag=value`,
    );
  }
  return flags;
}

/** Tries it: a Node that is none, or that does not know a flag, is found before anything is built. */
function tried(option: string, runtime: Runtime): Runtime & { readonly version: string } {
  const { node, flags } = runtime;
  const { status, stdout, stderr, error } = spawnSync(node, [...flags, '--version'], {
    encoding: 'utf8',
    timeout: versionLimit,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = `${stderr ?? ''}`.trim().split('\n')[0]?.slice(0, 200);
  if (error || status !== 0) {
    throw new UsageError(`${option}: ${[node, ...flags].join(' ')} does not run: ${error?.message ?? said}`);
  }
  const version = stdout.trim().split('\n')[0]!;
  if (!/^v\d+\.\d+\.\d+/.test(version)) {
    throw new UsageError(
      `${option}: expected a Node, got a program that says its version is "${version.slice(0, 80)}"`,
    );
  }
  return { ...runtime, version };
}

/** As a report names it: `v20.20.2 --no-opt`. */
function nameOf({ version, flags }: { readonly version: string; readonly flags: readonly string[] }): string {
  return [version, ...flags].join(' ');
}

/** Where each side runs, and what a report says of that. */
export interface RuntimesOfGate {
  readonly runtimes: Runtimes;
  readonly names: { readonly base: string; readonly head: string };
}

/**
 * What runs each side, where they cannot share a process or are not to; undefined where they can.
 * @throws {UsageError} when a Node does not run, or does not know a flag
 */
export function runtimesOf({
  node,
  nodeFlags,
  baseNode,
  baseNodeFlags,
  apart,
}: RuntimeOptions): RuntimesOfGate | undefined {
  if (!apart && [node, nodeFlags, baseNode, baseNodeFlags].every((option) => option === undefined)) return undefined;
  const head = tried(node === undefined ? '--node-flags' : '--node', {
    node: node ?? thisNode.node,
    flags: flagsIn('--node-flags', nodeFlags),
  });
  const base = tried(baseNode === undefined ? '--base-node-flags' : '--base-node', {
    node: baseNode ?? thisNode.node,
    flags: flagsIn('--base-node-flags', baseNodeFlags),
  });
  return {
    runtimes: { base: { node: base.node, flags: base.flags }, head: { node: head.node, flags: head.flags } },
    names: { base: nameOf(base), head: nameOf(head) },
  };
}
