import { GatewayError } from '../parse/errors.ts';
import type { ArrivingFile, FileService, SavedFile } from './file-service.ts';
import { Upload } from './upload.ts';

/** A file that has begun to arrive; as long as nobody takes its bytes, the request waits. */
export interface ArrivingPart extends ArrivingFile {
  /** Lets the rest pass unread; whoever reads the bytes is told. */
  cancel(): void;
}

/** The files of one request. */
export interface Uploads {
  readonly byKey: ReadonlyMap<string, Upload>;
  /** The file of this key begins. One that nobody expects passes unread. */
  arrive(key: string, part: ArrivingPart): void;
  /** There will be no file of this key. */
  refuse(key: string, error: GatewayError): void;
  /** No further file comes. */
  end(error?: GatewayError): void;
  /** The operation is over: resolves when what nobody kept is removed. */
  close(): Promise<void>;
}

/** How the files of one request are kept. */
export interface UploadsOptions {
  readonly keys: Iterable<string>;
  readonly files: Pick<FileService, 'save'>;
  /** Hears why a file could not be removed. */
  readonly reportUnexpected: (error: unknown) => void;
}

interface Slot {
  readonly saved: Deferred<SavedFile>;
  part: ArrivingPart | undefined;
  /** Its bytes are being taken, or it will never come. */
  isSettled: boolean;
  users: number;
  isKept: boolean;
  isRemoved: boolean;
}

/**
 * Brings files and those who want them together, in whichever order they come.
 *
 * A file's bytes go straight to the store once an operation asks for it; until then the sender has to wait. When the operation asks
 * for a file that comes after one nobody asked for yet, that one is stored ahead, so that no order of files is a dead end.
 */
export function createUploads({ keys, files, reportUnexpected }: UploadsOptions): Uploads {
  const slots = new Map([...keys].map((key) => [key, newSlot()]));
  let isClosed = false;

  function save(slot: Slot, part: ArrivingPart): void {
    slot.isSettled = true;
    files
      .save(part)
      .then(slot.saved.resolve, slot.saved.reject)
      .finally(() => {
        // After a refusal the rest still comes.
        part.cancel();
      });
  }

  function fail(slot: Slot, error: GatewayError): void {
    if (slot.isSettled || slot.part !== undefined) return;
    slot.isSettled = true;
    slot.saved.reject(error);
  }

  function saveWhatStandsInTheWay(): void {
    const all = [...slots.values()];
    const isSomebodyWaiting = all.some((slot) => slot.users > 0 && !slot.isSettled);
    for (const slot of all) {
      if (isSomebodyWaiting && !slot.isSettled && slot.part !== undefined) save(slot, slot.part);
    }
  }

  async function removeUnkept(slot: Slot): Promise<void> {
    if (!isClosed || slot.users > 0 || slot.isKept || slot.isRemoved) return;
    slot.isRemoved = true;
    slot.part?.cancel();
    if (!slot.isSettled) return;
    const saved = await slot.saved.promise.catch(() => undefined);
    try {
      await saved?.undo();
    } catch (error) {
      reportUnexpected(error);
    }
  }

  const uploadOf = (slot: Slot): Upload =>
    new Upload({
      async claim() {
        slot.users += 1;
        saveWhatStandsInTheWay();
        return (await slot.saved.promise).name;
      },
      keep() {
        slot.isKept = true;
      },
      async release() {
        slot.users -= 1;
        await removeUnkept(slot);
      },
    });

  return {
    byKey: new Map([...slots].map(([key, slot]) => [key, uploadOf(slot)])),
    arrive(key, part) {
      const slot = slots.get(key);
      if (slot === undefined || slot.isSettled || slot.part !== undefined || isClosed) {
        part.cancel();
        return;
      }
      slot.part = part;
      saveWhatStandsInTheWay();
    },
    refuse(key, error) {
      const slot = slots.get(key);
      if (slot !== undefined) fail(slot, error);
    },
    end(error = new GatewayError('FileSaveError', 'A file of the map is missing in the request.')) {
      for (const slot of slots.values()) fail(slot, error);
    },
    async close() {
      isClosed = true;
      await Promise.all([...slots.values()].map(removeUnkept));
    },
  };
}

function newSlot(): Slot {
  const saved = deferred<SavedFile>();
  // Its failure is told to whoever asks for the file; nobody may.
  saved.promise.catch(() => undefined);
  return {
    saved,
    part: undefined,
    isSettled: false,
    users: 0,
    isKept: false,
    isRemoved: false,
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error('a promise that did not begin');
  return { promise, ...settle };
}
