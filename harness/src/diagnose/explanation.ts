import { outputsOf } from '@normgauge/contract';
import type { Diagnosis } from '@normgauge/reports';
import type { Prepared } from '../verify/prepare.ts';
import type { Subject } from '../verify/subject.ts';
import { type Verdict, verifyCase, type Witnessed } from '../verify/verifyCase.ts';
import { behaviourIn } from './behaviour.ts';
import { Diagnostician } from './diagnostician.ts';
import { type ErrorMap, errorMapOf } from './errorMap.ts';
import { experiment } from './experiments.ts';
import type { Suspicion } from './hypothesis.ts';
import { observe } from './observation.ts';
import { type Stage, stagesOf } from './stages.ts';
import { hypothesesFor, ranked } from './suspicions.ts';
import { tracesIn } from './traces.ts';
import { type WorstElement, worstElements } from './worstElements.ts';

/** Everything that can be said of one backend on one case. */
export interface Explanation {
  readonly verdict: Verdict;
  /** Absent when the backend threw before it answered, or refused. */
  readonly seen?: {
    readonly stages: readonly Stage[];
    readonly worst: readonly WorstElement[];
    readonly map: ErrorMap;
    /** Channels that stages, map and hypotheses are of; all of a small problem. */
    readonly channels: readonly number[];
    /** Elements of all outputs on those channels, and how many of them are wrong. */
    readonly elements: number;
    readonly wrong: number;
  };
  readonly diagnosis?: Diagnosis;
  /** The best of every cause, best first. */
  readonly suspicions: readonly Suspicion[];
}

/** Verifies the case, passed or failed, and looks at it from every side. */
export async function explainCase(prepared: Prepared, subject: Subject): Promise<Explanation> {
  let witnessed: Witnessed | undefined;
  const verdict = await verifyCase(prepared, subject, (shown) => {
    witnessed = shown;
  });
  const { checks } = verdict;
  const failure = { prepared, checks, subject, ...(witnessed && { witnessed }) };
  const diagnosis = verdict.status === 'failed' ? await new Diagnostician().diagnose(failure) : undefined;
  if (!witnessed) return { verdict, ...(diagnosis && { diagnosis }), suspicions: [] };
  const seen = observe(failure, witnessed);
  const found = [...tracesIn(seen), ...behaviourIn(seen), ...(await experiment(failure, seen))];
  return {
    verdict,
    seen: {
      stages: stagesOf(seen),
      worst: worstElements(prepared, witnessed),
      map: errorMapOf(seen),
      channels: seen.channels,
      elements: outputsOf(seen.problem).reduce((sum, { length }) => sum + length, 0),
      wrong: seen.wrong,
    },
    ...(diagnosis && { diagnosis }),
    suspicions: verdict.status === 'failed' ? ranked(seen, hypothesesFor(seen), found) : [],
  };
}
