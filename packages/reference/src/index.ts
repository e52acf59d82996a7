export { backward } from './backward.ts';
export { backwardFrozen } from './backwardFrozen.ts';
export { compute } from './compute.ts';
export { type FoldedInference, foldInference, type InferenceLayer } from './foldInference.ts';
export { forwardTraining } from './forwardTraining.ts';
export { inference } from './inference.ts';
export type { Oracle, OracleAgreement } from './oracles/oracle.ts';
export { quickOracles } from './oracles/quickOracles.ts';
export { populationStatistics } from './populationStatistics.ts';
export {
  type Conversion,
  convertRunningStatistics,
  type ExactRunningStatistics,
  matchInference,
  type RunningStatistics,
} from './runningStatistics.ts';
export type {
  ExactForwardTraining,
  ExactGradients,
  ExactInference,
  ExactTensors,
  RealTensors,
} from './tensors.ts';
