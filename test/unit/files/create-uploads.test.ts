import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { createUploads, type ArrivingPart } from '../../../src/files/create-uploads.ts';
import type { ArrivingFile, SavedFile } from '../../../src/files/file-service.ts';
import { GatewayError } from '../../../src/parse/errors.ts';

/** A store of names, saved when the test says so. */
class HandDrivenFiles {
  readonly begun: string[] = [];
  readonly stored = new Set<string>();
  readonly #finish = new Map<string, (error?: Error) => void>();

  async save({ name }: ArrivingFile): Promise<SavedFile> {
    this.begun.push(name);
    await new Promise<void>((resolve, reject) => {
      this.#finish.set(name, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
    this.stored.add(name);
    return {
      name,
      undo: () => {
        this.stored.delete(name);
        return Promise.resolve();
      },
    };
  }

  finish(name: string, error?: Error): void {
    this.#finish.get(name)!(error);
  }
}

function part(name: string, cancelled: string[] = []): ArrivingPart {
  return {
    name,
    contentType: '',
    bytes: Readable.from([]),
    cancel() {
      cancelled.push(name);
    },
  };
}

function start(...keys: readonly string[]) {
  const files = new HandDrivenFiles();
  const unexpected: unknown[] = [];
  const uploads = createUploads({
    keys,
    files,
    reportUnexpected: (error) => {
      unexpected.push(error);
    },
  });
  return { files, uploads, unexpected, upload: (key: string) => uploads.byKey.get(key)! };
}

it('takes the bytes of a file when both it and somebody who wants it are there', async () => {
  const { files, uploads, upload } = start('a', 'b');
  uploads.arrive('a', part('a'));
  expect(files.begun).toEqual([]);
  const stored = [upload('a').store(), upload('a').store(), upload('b').store()];
  expect(files.begun).toEqual(['a']);
  uploads.arrive('b', part('b'));
  expect(files.begun).toEqual(['a', 'b']);
  for (const name of files.begun) files.finish(name);
  expect(await Promise.all(stored)).toEqual(['a', 'a', 'b']);
  expect(upload('a').storedName).toBe('a');
});

it('stores what stands before a file that is waited for, and removes it when nobody wants it', async () => {
  const { files, uploads, upload } = start('first', 'second');
  const wanted = upload('second').store();
  uploads.arrive('first', part('first'));
  uploads.arrive('second', part('second'));
  for (const name of files.begun) files.finish(name);
  await wanted;
  upload('second').keep();
  await upload('second').release();
  expect([...files.stored]).toEqual(['first', 'second']);
  await uploads.close();
  expect([...files.stored]).toEqual(['second']);
});

it('removes what nobody kept, but not before the last one has let go', async () => {
  const { files, uploads, upload } = start('a');
  uploads.arrive('a', part('a'));
  const both = [upload('a').store(), upload('a').store()];
  files.finish('a');
  await Promise.all(both);
  await upload('a').release();
  await uploads.close();
  expect(files.stored.size).toBe(1);
  await upload('a').release();
  expect(files.stored.size).toBe(0);
});

it('fails those who wait for a file that does not come, and no other', async () => {
  const { files, uploads, upload } = start('a', 'b', 'c');
  uploads.arrive('a', part('a'));
  const stored = ['a', 'b', 'c'].map((key) => upload(key).store());
  uploads.refuse('c', new GatewayError('FileSaveError', 'no file'));
  uploads.end();
  files.finish('a');
  expect(await Promise.allSettled(stored)).toMatchObject([
    { status: 'fulfilled', value: 'a' },
    { reason: { message: 'A file of the map is missing in the request.' } },
    { reason: { message: 'no file' } },
  ]);
});

it('lets pass what nobody expects, what comes twice, and what comes too late', async () => {
  const { uploads, upload } = start('a', 'late');
  const cancelled: string[] = [];
  uploads.arrive('stranger', part('stranger', cancelled));
  uploads.arrive('a', part('a', cancelled));
  uploads.arrive('a', part('twin', cancelled));
  expect(cancelled).toEqual(['stranger', 'twin']);
  await uploads.close();
  uploads.arrive('late', part('late', cancelled));
  expect(cancelled).toEqual(['stranger', 'twin', 'a', 'late']);
  expect(() => upload('a').storedName).toThrow('an upload that was not stored');
});

it('tells of a file that cannot be removed, and answers all the same', async () => {
  const { files, uploads, upload, unexpected } = start('a');
  const stored = upload('a').store();
  uploads.arrive('a', part('a'));
  files.finish('a');
  await stored;
  const failure = new Error('the database is away');
  files.stored.delete = () => {
    throw failure;
  };
  await upload('a').release();
  await uploads.close();
  expect(unexpected).toEqual([failure]);
});
