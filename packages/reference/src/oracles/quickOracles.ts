import { complexStep } from './complexStep.ts';
import type { Oracle } from './oracle.ts';
import { richardson } from './richardson.ts';

/** The oracles that are quick enough to be asked about small problems in every run; `oracles` has all of them. */
export const quickOracles: readonly Oracle[] = [complexStep, richardson];
