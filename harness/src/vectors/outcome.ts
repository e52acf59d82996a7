import type { VectorCase } from './format.ts';
import { type Lost, type Replay, satisfiesPublisher } from './replay.ts';

/** The subject that is always there. */
export const referenceId = 'reference';

/** A replay, or the loss of the process that was to make it. */
export type SubjectReplay = (Replay | Lost) & { readonly subject: string };

/** One case on every subject. */
export interface CaseOutcome extends Pick<VectorCase, 'name' | 'mode' | 'shape' | 'axis' | 'dtype' | 'tolerance'> {
  readonly file: string;
  readonly replays: readonly SubjectReplay[];
}

/** What a whole replay found out. */
export interface VectorsOutcome {
  readonly files: readonly { readonly path: string; readonly source: string }[];
  /** The reference first; a backend that this machine cannot run says why. */
  readonly subjects: readonly { readonly id: string; readonly unavailable?: string }[];
  /** Also the published tolerance must be kept. */
  readonly strict: boolean;
  readonly interrupted: boolean;
  readonly cases: readonly CaseOutcome[];
}

/** Whether the replay counts as a failed check. */
export function isFailure(replay: SubjectReplay, strict: boolean): boolean {
  if (replay.status === 'passed') return strict && !satisfiesPublisher(replay);
  return replay.status !== 'skipped';
}

/** What one subject made of all its cases. */
export interface SubjectTally {
  readonly id: string;
  /** Cases that were not skipped. */
  readonly cases: number;
  readonly withinOurs: number;
  readonly withinPublished: number;
  /** Cases for which a tolerance was published. */
  readonly judgedByPublisher: number;
  readonly skipped: number;
  readonly failures: number;
  /** Largest share of our own bound that was used; absent where nothing was compared. */
  readonly headroom?: number;
}

/** The cases of one subject, counted. */
export function tallyOf(id: string, { cases, strict }: Pick<VectorsOutcome, 'cases' | 'strict'>): SubjectTally {
  const replays = cases.flatMap(({ tolerance, replays }) =>
    replays.filter(({ subject }) => subject === id).map((replay) => ({ replay, judged: tolerance !== undefined })),
  );
  const count = (wanted: (row: (typeof replays)[number]) => boolean): number => replays.filter(wanted).length;
  const ran = ({ replay }: (typeof replays)[number]): boolean => replay.status !== 'skipped';
  const headrooms = replays.flatMap(({ replay }) =>
    'tensors' in replay ? replay.tensors.map(({ headroom }) => headroom) : [],
  );
  return {
    id,
    cases: count(ran),
    withinOurs: count(({ replay }) => replay.status === 'passed'),
    withinPublished: count((row) => row.judged && satisfiesPublisher(row.replay)),
    judgedByPublisher: count((row) => row.judged && ran(row)),
    skipped: count((row) => !ran(row)),
    failures: count(({ replay }) => isFailure(replay, strict)),
    ...(headrooms.length > 0 && { headroom: Math.max(...headrooms) }),
  };
}
