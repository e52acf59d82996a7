export {
  type Certificate,
  certify,
  type Level,
  NoCertificate,
} from './certificate/certificate.ts';
export { brokenClaims } from './certificate/compareClaims.ts';
export { parseCertificate } from './certificate/readCertificate.ts';
export { type Comparison, compareReports, gotWorse } from './compare/compare.ts';
export { renderComparisonTerminal } from './compare/terminal.ts';
export {
  type ComparedBackend,
  type ComparedCase,
  type ComparedSpeed,
  type SideBySide,
  sideBySide,
  sideBySideTable,
} from './comparison.ts';
export type { InProgress, LeftOut } from './dashboard/indexPage.ts';
export type { Live } from './dashboard/live.ts';
export { type Run, runsOf } from './dashboard/run.ts';
export { describeDiagnosis, type Explanation, explanationsOf } from './diagnosis.ts';
export { type Evidence, evidenceOf, type Failure, failuresOf, type SkippedGroup, skippedOf } from './findings.ts';
export { compareRatios, fromFloat, toFloat } from './float.ts';
export { headline } from './headline.ts';
export { renderMarkdown, text as markdownText } from './markdown.ts';
export { MergeError, type MissingShards, mergeReports, missingShards, type Source } from './merge.ts';
export { plainText } from './plainText.ts';
export type {
  BackendEntry,
  Beside,
  BesideResult,
  DeviceEntry,
  DeviceTiming,
  Diagnosis,
  Distribution,
  Environment,
  Excuse,
  Finding,
  Float,
  Grade,
  GradientCheck,
  Interval,
  KillFamily,
  KillTable,
  Network,
  NetworkLayer,
  Part,
  ProtocolCheck,
  Report,
  Result,
  Selection,
  Shard,
  Status,
  TensorAgreement,
  Timing,
  WorstElement,
} from './report.ts';
export { type StatusLook, statuses } from './statuses.ts';
export {
  type BackendSummary,
  type Counts,
  type OpSummary,
  type Speed,
  type Summary,
  summarise,
  type Tally,
  type Verdict,
  type WorstHeadroom,
  wrongOf,
} from './summary.ts';
export { type Sweep, type SweepAxis, type SweepLine, type SweepPoint, sweepsOf } from './sweeps.ts';
export { renderTerminal, type TerminalOptions } from './terminal.ts';
export { parseReport, ReportError, reportSchema, validateBeside, validateReport, validateResult } from './validate.ts';
