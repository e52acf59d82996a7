/** Cases in a row without an answer, after which less is waited for the next one. */
const inARow = 3;
/** Milliseconds that are waited at least. */
const least = 1_000;
/** Times the slowest answer of the backend that are waited at least. */
const timesSlowest = 10;

/**
 * How long a backend is waited for. One that hangs in a case costs its time limit, and the next case has its whole limit
 * again. One that hangs in case after case is still tried on each of them, in a fresh process, but after three in a row
 * it is given half as long every time, until a case comes through.
 */
export class Patience {
  #hung = 0;
  #slowest = 0;

  /** Milliseconds for the next answer, where `limit` is what it would have otherwise. */
  limit(limit: number): number {
    const halvings = Math.max(0, this.#hung - inARow + 1);
    const floor = Math.min(limit, Math.max(least, timesSlowest * this.#slowest));
    return Math.max(floor, limit / 2 ** halvings);
  }

  /** An answer came after so many milliseconds. */
  answered(milliseconds: number): void {
    this.#slowest = Math.max(this.#slowest, milliseconds);
  }

  /** None came, and the process was ended. */
  hung(): void {
    this.#hung++;
  }

  /** A case came to its end. */
  cameThrough(): void {
    this.#hung = 0;
  }
}
