/**
 * Holds the batches of one request until its level is complete.
 *
 * Batches wait while reads of an earlier level are under way, and then for one turn of the event loop, so that everything that
 * earlier answers lead to joins the same batch: `team.company.country` and `team.lead.country` cost one read of Country.
 * The price is that a level starts when the slowest read of the level before has ended.
 */
export class LevelScheduler {
  #underWay = 0;
  #isArmed = false;
  #waiting: (() => void)[] = [];

  /** Runs `dispatch` with all others of its level. */
  schedule(dispatch: () => void): void {
    this.#waiting.push(dispatch);
    this.#arm();
  }

  /** Counts `read` as under way until it settles; gives its outcome. */
  async track<Value>(read: Promise<Value>): Promise<Value> {
    this.#underWay += 1;
    try {
      return await read;
    } finally {
      this.#underWay -= 1;
      if (this.#waiting.length > 0) this.#arm();
    }
  }

  #arm(): void {
    if (this.#isArmed || this.#underWay > 0) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      // A read that began meanwhile re-arms when it ends.
      if (this.#underWay > 0) return;
      const level = this.#waiting;
      this.#waiting = [];
      for (const dispatch of level) dispatch();
    });
  }
}
