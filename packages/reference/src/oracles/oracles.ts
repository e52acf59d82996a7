import { bignumber } from './bignumber.ts';
import { complexStep } from './complexStep.ts';
import type { Oracle } from './oracle.ts';
import { richardson } from './richardson.ts';
import { symbolic } from './symbolic.ts';

export type { Oracle, OracleAgreement } from './oracle.ts';

/** What the reference is trusted for: four other roads to the same numbers. Published test vectors are the fifth. */
export const oracles: readonly Oracle[] = [bignumber, complexStep, symbolic, richardson];
