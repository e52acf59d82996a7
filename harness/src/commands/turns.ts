/** One of those who go through {@link Turns}. */
export interface Place {
  /** Waits until all others have come or left, and until those before have had their turn; then runs the task. */
  take<T>(task: () => Promise<T>): Promise<T>;
  /** Gives the turn up; nothing happens when it was taken. */
  leave(): void;
}

/** Several go their own ways side by side, meet, and then each acts alone, in the order of their coming. */
export class Turns {
  #awaited = 0;
  #open!: () => void;
  #line: Promise<unknown> = new Promise<void>((open) => {
    this.#open = open;
  });

  /** Whoever has a place is waited for: give out all of them before the first is taken. */
  place(): Place {
    this.#awaited++;
    let here = false;
    const arrive = (): void => {
      if (here) return;
      here = true;
      if (--this.#awaited === 0) this.#open();
    };
    return {
      take: (task) => {
        arrive();
        const turn = this.#line.then(task);
        // What goes wrong in one turn concerns the next one no more than what goes well.
        this.#line = turn.catch(() => undefined);
        return turn;
      },
      leave: arrive,
    };
  }
}
