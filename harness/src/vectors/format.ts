/** Version of the format that this reads; a file without one is version 1. */
export const formatVersion = 1;

/** How the published numbers were made. */
export type Mode = 'inference' | 'training' | 'backward' | 'backward-frozen';

/** What the publisher allows. */
export type PublishedTolerance =
  | { readonly metric: 'ULP'; readonly value: number }
  | { readonly metric: 'ATOL'; readonly value: number }
  | { readonly metric: 'rtol/atol'; readonly rtol: number; readonly atol: number };

/** Outputs by the names the format gives them. */
export interface PublishedOutputs {
  readonly y?: readonly number[];
  readonly running_mean?: readonly number[];
  readonly running_var?: readonly number[];
  readonly batch_mean?: readonly number[];
  readonly batch_var?: readonly number[];
  readonly inv_std?: readonly number[];
  readonly dx?: readonly number[];
  readonly dgamma?: readonly number[];
  readonly dbeta?: readonly number[];
}

/** One case of a file, field by field as vectors.schema.json describes it. */
export interface VectorCase {
  readonly name: string;
  readonly mode: Mode;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly layout?: string;
  readonly dtype: 'float32' | 'float16';
  readonly x: readonly number[];
  readonly dy?: readonly number[];
  readonly mean?: readonly number[];
  readonly variance?: readonly number[];
  readonly saved_mean?: readonly number[];
  readonly saved_inv_std?: readonly number[];
  readonly gamma?: readonly number[] | null;
  readonly beta?: readonly number[] | null;
  readonly epsilon: number;
  readonly momentum?: number;
  readonly momentum_convention?: string;
  readonly running_variance_divisor?: string;
  readonly convention?: string;
  readonly batches_tracked?: number;
  readonly expected: PublishedOutputs;
  readonly tolerance?: PublishedTolerance;
}

/** A file of test vectors; fields that are for people only are left out here. */
export interface VectorDocument {
  readonly version?: typeof formatVersion;
  readonly source: string;
  readonly cases: readonly VectorCase[];
}
