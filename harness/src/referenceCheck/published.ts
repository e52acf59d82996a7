import { basename } from 'node:path';
import type { VectorFile } from '../vectors/readVectors.ts';
import { prepareVector, type Replay, replayOnReference, satisfiesPublisher } from '../vectors/replay.ts';
import { pathStep } from '../vectors/schemaErrors.ts';
import { vectorProblem } from '../vectors/vectorProblem.ts';

/** How well the reference agrees with published numbers on one output. */
export interface PublishedTally {
  /** As the files name it. */
  readonly tensor: string;
  readonly problems: number;
  readonly elements: number;
  /** Cases beyond our own bound. */
  readonly beyond: number;
  /** Largest share of that bound that was used, and in which case. Absent while everything is equal. */
  readonly worst?: { readonly headroom: number; readonly case: string };
}

/** The fifth oracle: numbers that others have published. */
export interface PublishedVerdict {
  readonly files: readonly string[];
  readonly cases: number;
  /** Cases within the tolerance that was published beside them, or without one. */
  readonly withinPublished: number;
  readonly tensors: readonly PublishedTally[];
}

interface Replayed {
  readonly where: string;
  readonly replay: Replay;
}

function replayFiles(files: readonly VectorFile[]): readonly Replayed[] {
  return files.flatMap(({ path, document }) =>
    document.cases.map((row, k) => {
      const vector = vectorProblem(row, `${path}: at $.cases${pathStep(k)}`);
      return { where: `${basename(path)}: ${row.name}`, replay: replayOnReference(prepareVector(vector)) };
    }),
  );
}

/** Replays every case on the reference. */
export function checkPublished(files: readonly VectorFile[]): PublishedVerdict {
  const replayed = replayFiles(files);
  const tallies = new Map<string, PublishedTally>();
  for (const { where, replay } of replayed) {
    if (!('tensors' in replay)) continue;
    for (const { field, elements, outside, headroom } of replay.tensors) {
      const before = tallies.get(field) ?? { tensor: field, problems: 0, elements: 0, beyond: 0 };
      const worst = headroom > (before.worst?.headroom ?? 0) ? { headroom, case: where } : before.worst;
      tallies.set(field, {
        tensor: field,
        problems: before.problems + 1,
        elements: before.elements + elements,
        beyond: before.beyond + (outside > 0 ? 1 : 0),
        ...(worst && { worst }),
      });
    }
  }
  return {
    files: files.map(({ path }) => path),
    cases: replayed.length,
    withinPublished: replayed.filter(({ replay }) => satisfiesPublisher(replay)).length,
    tensors: [...tallies.values()],
  };
}
