/** What is known of a row that can be visited again. */
export interface RowState {
  /** Half the interval of its median as a share of the median. */
  readonly uncertainty: number;
  /** What its next visit will take, milliseconds. */
  readonly cost: number;
}

/** Time to be spread over rows. */
export interface Budget<Row> {
  readonly rows: Iterable<Row>;
  /** What is known of a row now; undefined when it is not to be visited again. */
  stateOf(row: Row): RowState | undefined;
  /** Takes more samples of a row. */
  visit(row: Row): Promise<void>;
  /** Milliseconds that are left. */
  left(): number;
}

/** Share of the rows that a round visits, and how many at least. */
const share = 1 / 4;
const least = 2;

/**
 * Spends time where the uncertainty is. Each round visits the quarter of the rows whose interval is relatively widest, the
 * widest first, and of those that are alike the cheapest; what does not fit into the time that is left is left out, and when
 * nothing fits it ends. Two rows at least, where there are two: one whose times never settle would be given everything.
 */
export async function spend<Row>({ rows, stateOf, visit, left }: Budget<Row>): Promise<void> {
  const all = [...rows];
  for (;;) {
    const open = all.flatMap((row) => {
      const state = stateOf(row);
      return state && state.cost <= left() ? [{ row, ...state }] : [];
    });
    if (open.length === 0) return;
    const widest = open
      .sort((a, b) => b.uncertainty - a.uncertainty || a.cost - b.cost)
      .slice(0, Math.max(least, Math.ceil(open.length * share)));
    for (const { row, cost } of widest) {
      if (cost <= left()) await visit(row);
    }
  }
}
