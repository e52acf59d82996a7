import {
  checkProblem,
  conventionNamed,
  type DType,
  dtypes,
  formatShape,
  type Layout,
  layouts,
  type Op,
  ops,
  type Problem,
  ProblemError,
  type Shape,
  usualDTypes,
} from '@normgauge/contract';
import { UsageError } from '../usageError.ts';
import { formatConvention, parseConvention } from './conventionAddress.ts';
import { type Fill, fillNamed, fills } from './fills.ts';

/** One row: a problem, the data it is tried on, and why the row is there. */
export interface Case {
  /** The address: op/layout/shape/fill/convention, and /f16 where that is the dtype. It selects, names, excuses and reproduces. */
  readonly id: string;
  readonly problem: Problem;
  readonly fill: Fill;
  /** The last part of the address. */
  readonly convention: string;
  readonly catches: string;
  /** Also timed when the suite is benchmarked. */
  readonly timed: boolean;
}

/** `4x3x8x8` as a shape: N, C, then no to three spatial sizes. */
export function parseShape(text: string): Shape {
  const sizes = text.split('x').map(Number);
  const [n, c, ...spatial] = sizes;
  if (n === undefined || c === undefined || sizes.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw new UsageError(`shape "${text}": expected NxC or NxCxspatial with whole numbers ≥ 1, such as 8x64x56x56`);
  }
  return { n, c, spatial };
}

function member<T extends string>(what: string, allowed: readonly T[], text: string): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UsageError(`${what} "${text}": expected one of ${allowed.join(', ')}`);
  return found;
}

/** An address, part by part. */
export interface AddressParts {
  readonly op: string;
  readonly layout: string;
  readonly shape: string;
  readonly fill: string;
  readonly convention: string;
  /** What an address that ends with its convention leaves unsaid: f32. */
  readonly dtype: string;
}

/** The parts of a full address, or undefined when it has not so many. */
export function partsOf(address: string): AddressParts | undefined {
  const parts = address.split('/');
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [op, layout, shape, fill, convention, dtype = 'f32'] = parts as [string, string, string, string, string];
  return { op, layout, shape, fill, convention, dtype };
}

/** The address of these parts. */
export function addressOf({ op, layout, shape, fill, convention, dtype }: AddressParts): string {
  return [op, layout, shape, fill, convention, ...(dtype === 'f32' ? [] : [dtype])].join('/');
}

/**
 * The case behind a full address, whether a suite has it or not.
 * @throws {UsageError} naming the part of the address that has no meaning
 */
export function caseAt(address: string, row: { catches?: string; timed?: boolean } = {}): Case {
  const parts = partsOf(address);
  if (!parts) {
    throw new UsageError(
      `case "${address}": expected op/layout/shape/fill/convention, such as inference/nchw/2x3x5x5/normal/pytorch, and /f16 behind it for that dtype`,
    );
  }
  const { op, layout, shape, fill: fillName, convention: conventionText, dtype } = parts;
  const fill = fillNamed(fillName);
  if (!fill) {
    throw new UsageError(`fill "${fillName}": expected one of ${fills.map(({ name }) => name).join(', ')}`);
  }
  const problem: Problem = {
    op: member<Op>('op', ops, op),
    layout: member<Layout>('layout', layouts, layout),
    shape: parseShape(shape),
    dtype: member<DType>('dtype', dtypes, dtype),
    affine: fill.affine,
    convention: parseConvention(conventionText),
  };
  const refusal = refusalOf(problem, conventionText, fill);
  if (refusal !== undefined) throw new UsageError(`case "${address}": ${refusal}`);
  return {
    id: addressOf({
      ...{ op, layout, shape: formatShape(problem.shape), fill: fillName },
      ...{ convention: formatConvention(problem.convention), dtype },
    }),
    problem,
    fill,
    convention: formatConvention(problem.convention),
    catches: row.catches ?? fill.catches,
    timed: row.timed ?? false,
  };
}

/** Why the parts do not go together, or undefined when they do. */
function refusalOf(problem: Problem, conventionText: string, fill: Fill): string | undefined {
  const named = conventionNamed(conventionText);
  if (named && !named.ops.includes(problem.op)) return `${named.name} defines ${named.ops.join(' and ')} only`;
  try {
    checkProblem(problem, dtypes);
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
  if (problem.dtype === 'f16' && fill.leavesHalf) return `${fill.name} has data outside the range of float16`;
  return fill.refuses?.(problem);
}

/** Rows of a case table that differ in nothing but these parts. */
export interface CaseRows {
  readonly ops: readonly Op[];
  readonly layouts: readonly Layout[];
  readonly shapes: readonly string[];
  readonly fills: readonly string[];
  readonly conventions: readonly string[];
  /** Left out: f32. */
  readonly dtypes?: readonly DType[];
  /** Left out: what the fill catches. */
  readonly catches?: string;
  readonly timed?: boolean;
}

/** Every combination that has a meaning, without those that a convention or a fill does not define. */
export function expand(rows: CaseRows): readonly Case[] {
  const stored = rows.dtypes ?? usualDTypes;
  const addresses = rows.conventions.flatMap((convention) =>
    rows.fills.flatMap((fill) =>
      rows.shapes.flatMap((shape) =>
        rows.layouts.flatMap((layout) =>
          rows.ops.flatMap((op) => stored.map((dtype) => ({ op, layout, shape, fill, convention, dtype }))),
        ),
      ),
    ),
  );
  return addresses
    .filter(({ op, layout, shape, fill, convention, dtype }) => {
      const row = fillNamed(fill);
      if (!row) throw new UsageError(`fill "${fill}" of the case table does not exist`);
      const problem: Problem = {
        op,
        layout,
        shape: parseShape(shape),
        dtype,
        affine: row.affine,
        convention: parseConvention(convention),
      };
      return refusalOf(problem, convention, row) === undefined;
    })
    .map((parts) =>
      caseAt(addressOf(parts), {
        ...(rows.catches !== undefined && { catches: rows.catches }),
        timed: rows.timed ?? false,
      }),
    );
}
