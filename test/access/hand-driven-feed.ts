import type {
  AccessCollection,
  ChangeFeed,
  ChangeListener,
  FeedNotice,
  NoticeListener,
  StoredChange,
} from '../../src/storage/stored-change.ts';

/** A feed whose changes come when the test says so: orders and races cannot be had from a real one. */
export class HandDrivenFeed implements ChangeFeed {
  readonly isAvailable: boolean;
  readonly unavailableReason: string;
  readonly #listeners = new Set<ChangeListener>();
  readonly #noticeListeners = new Set<NoticeListener>();

  constructor(unavailableReason = '') {
    this.isAvailable = unavailableReason === '';
    this.unavailableReason = unavailableReason;
  }

  get listenerCount(): number {
    return this.#listeners.size + this.#noticeListeners.size;
  }

  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onNotice(listener: NoticeListener): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  change(change: StoredChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  notice(notice: FeedNotice): void {
    for (const listener of this.#noticeListeners) listener(notice);
  }

  accessChanged(
    collection: AccessCollection,
    documentId: string | undefined,
    change: 'create' | 'update' | 'delete' = 'update',
  ): void {
    this.notice({ kind: 'accessChanged', collection, documentId, change });
  }
}
