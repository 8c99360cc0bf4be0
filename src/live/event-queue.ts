/** How a queue of events ended: with an error for its consumer, or without. */
export interface QueueEnd {
  readonly error: Error | undefined;
}

/**
 * What waits for one consumer. Bounded: the producer is told when there is no room, nothing is ever dropped here.
 *
 * One consumer at a time; it takes from the front and waits when there is nothing.
 */
export class EventQueue<T> {
  readonly #capacity: number;
  #waiting: T[] = [];
  #wake: (() => void) | undefined;
  #end: QueueEnd | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** False when the queue is full and the item was not taken. Items after the end are ignored. */
  push(item: T): boolean {
    if (this.#end !== undefined) return true;
    if (this.#waiting.length >= this.#capacity) return false;
    this.#waiting.push(item);
    this.#wakeUp();
    return true;
  }

  /** The end comes after what is waiting, or at once: then what is waiting, and an earlier end, are forgotten. */
  end(end: QueueEnd, when: 'afterWaiting' | 'atOnce'): void {
    if (when === 'atOnce') {
      this.#waiting = [];
      this.#end = end;
    }
    this.#end ??= end;
    this.#wakeUp();
  }

  /** The next item, or the end. @throws the error of the end, once; after that the end is a plain one. */
  async take(): Promise<T | undefined> {
    for (;;) {
      const item = this.#waiting.shift();
      if (item !== undefined) return item;
      if (this.#end !== undefined) {
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error !== undefined) throw error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
