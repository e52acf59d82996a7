import {
  checkProblem,
  conventionNamed,
  formatShape,
  type Layout,
  layouts,
  type Op,
  ops,
  type Problem,
  ProblemError,
  type Shape,
} from '@normgauge/contract';
import { UsageError } from '../usageError.ts';
import { formatConvention, parseConvention } from './conventionAddress.ts';
import { type Fill, fillNamed, fills } from './fills.ts';

/** One row: a problem, the data it is tried on, and why the row is there. */
export interface Case {
  /** The address: op/layout/shape/fill/convention. It selects, names, excuses and reproduces. */
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

/**
 * The case behind a full address, whether a suite has it or not.
 * @throws {UsageError} naming the part of the address that has no meaning
 */
export function caseAt(address: string, row: { catches?: string; timed?: boolean } = {}): Case {
  const parts = address.split('/');
  if (parts.length !== 5) {
    throw new UsageError(
      `case "${address}": expected op/layout/shape/fill/convention, such as inference/nchw/2x3x5x5/normal/pytorch`,
    );
  }
  const [op, layout, shape, fillName, conventionText] = parts as [string, string, string, string, string];
  const fill = fillNamed(fillName);
  if (!fill) {
    throw new UsageError(`fill "${fillName}": expected one of ${fills.map(({ name }) => name).join(', ')}`);
  }
  const problem: Problem = {
    op: member<Op>('op', ops, op),
    layout: member<Layout>('layout', layouts, layout),
    shape: parseShape(shape),
    dtype: 'f32',
    affine: fill.affine,
    convention: parseConvention(conventionText),
  };
  const refusal = refusalOf(problem, conventionText, fill);
  if (refusal !== undefined) throw new UsageError(`case "${address}": ${refusal}`);
  return {
    id: [op, layout, formatShape(problem.shape), fillName, formatConvention(problem.convention)].join('/'),
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
    checkProblem(problem);
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
  return fill.refuses?.(problem);
}

/** Rows of a case table that differ in nothing but these parts. */
export interface CaseRows {
  readonly ops: readonly Op[];
  readonly layouts: readonly Layout[];
  readonly shapes: readonly string[];
  readonly fills: readonly string[];
  readonly conventions: readonly string[];
  /** Left out: what the fill catches. */
  readonly catches?: string;
  readonly timed?: boolean;
}

/** Every combination that has a meaning, without those that a convention or a fill does not define. */
export function expand(rows: CaseRows): readonly Case[] {
  const addresses = rows.conventions.flatMap((convention) =>
    rows.fills.flatMap((fill) =>
      rows.shapes.flatMap((shape) =>
        rows.layouts.flatMap((layout) => rows.ops.map((op) => ({ op, layout, shape, fill, convention }))),
      ),
    ),
  );
  return addresses
    .filter(({ op, layout, shape, fill, convention }) => {
      const row = fillNamed(fill);
      if (!row) throw new UsageError(`fill "${fill}" of the case table does not exist`);
      const problem: Problem = {
        op,
        layout,
        shape: parseShape(shape),
        dtype: 'f32',
        affine: row.affine,
        convention: parseConvention(convention),
      };
      return refusalOf(problem, convention, row) === undefined;
    })
    .map(({ op, layout, shape, fill, convention }) =>
      caseAt([op, layout, shape, fill, convention].join('/'), {
        ...(rows.catches !== undefined && { catches: rows.catches }),
        timed: rows.timed ?? false,
      }),
    );
}
