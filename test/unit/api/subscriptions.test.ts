import type { ExecutionResult } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GatewayError, permissionDenied } from '../../../src/parse/errors.ts';
import { PUBLIC_ACL } from '../../../src/parse/acl.ts';
import { Pointer, type ParseValue } from '../../../src/parse/values.ts';
import type { LiveEvent, LiveEventKind } from '../../../src/query/live-request.ts';
import { answerOf, ApiRun } from '../../support/api-run.ts';

function event(kind: LiveEventKind, columns: Readonly<Record<string, ParseValue>>): LiveEvent {
  const at = new Date(0);
  const values = new Map(Object.entries(columns));
  return {
    kind,
    object: {
      className: 'Team',
      objectId: 't1',
      createdAt: at,
      updatedAt: at,
      acl: PUBLIC_ACL,
      values,
    },
  };
}

async function* emit(...events: readonly (LiveEvent | Error)[]): AsyncGenerator<LiveEvent> {
  for (const each of events) {
    await Promise.resolve();
    if (each instanceof Error) throw each;
    yield each;
  }
}

async function streamOf(run: ApiRun, source: string): Promise<AsyncGenerator<ExecutionResult>> {
  const stream = await run.listen(source);
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  return stream;
}

describe('a subscription', () => {
  test('asks for the events of its where and answers each with its object', async () => {
    const events = emit(event('create', { name: 'a' }), event('delete', { name: 'b' }));
    const run = new ApiRun({ events });
    const stream = await streamOf(
      run,
      'subscription { teams(where: {name: {notEqualTo: "x"}}, events: [CREATE, DELETE]) { event node { objectId name } } }',
    );
    const answers = [];
    for await (const result of stream) answers.push(answerOf(result).data);
    expect(answers).toEqual([
      { teams: { event: 'CREATE', node: { objectId: 't1', name: 'a' } } },
      { teams: { event: 'DELETE', node: { objectId: 't1', name: 'b' } } },
    ]);
    expect(run.liveRequests).toEqual([
      {
        className: 'Team',
        where: {
          kind: 'compare',
          column: { name: 'name', path: [] },
          comparison: 'notEqual',
          value: 'x',
        },
        events: new Set(['create', 'delete']),
      },
    ]);
  });

  test('hears of everything when it does not choose', async () => {
    const run = new ApiRun({ events: emit() });
    await streamOf(run, 'subscription { teams { event } }');
    expect(run.liveRequests[0]?.events).toEqual(new Set(['create', 'update', 'delete']));
  });

  test('reads pointers anew for each event', async () => {
    const lead = new Pointer('Employee', 'e1');
    const run = new ApiRun({ events: emit(event('update', { lead }), event('update', { lead })) });
    run.store.put('Employee', 'e1', { firstName: 'Ann' });
    const stream = await streamOf(run, 'subscription { teams { node { lead { firstName } } } }');
    expect((await stream.next()).value).toMatchObject({
      data: { teams: { node: { lead: { firstName: 'Ann' } } } },
    });
    run.store.put('Employee', 'e1', { firstName: 'Zoe' });
    expect((await stream.next()).value).toMatchObject({
      data: { teams: { node: { lead: { firstName: 'Zoe' } } } },
    });
  });

  test('ends its source when it is left while nothing happens', async () => {
    let isEnded = false;
    const silent: AsyncIterable<LiveEvent> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => {
          isEnded = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const stream = await streamOf(
      new ApiRun({ events: silent }),
      'subscription { teams { event } }',
    );
    void stream.next();
    await stream.return(undefined);
    expect(isEnded).toBe(true);
  });

  test('is refused at once, with the code', async () => {
    const denied: AsyncIterable<LiveEvent> = {
      [Symbol.asyncIterator]: () => {
        throw permissionDenied();
      },
    };
    expect(
      await new ApiRun({ events: denied }).listen('subscription { teams { event } }'),
    ).toMatchObject({
      errors: [{ message: 'Permission denied', code: 119 }],
    });
    const run = new ApiRun({ events: emit() });
    expect(
      await run.listen('subscription { teams(where: {ACL: {exists: true}}) { event } }'),
    ).toMatchObject({
      errors: [{ code: 102 }],
    });
    expect(run.liveRequests).toEqual([]);
  });

  test('that fails ends with an error worded for clients', async () => {
    const failing = new ApiRun({
      events: emit(new GatewayError('InvalidSessionToken', 'Invalid session token')),
    });
    const stream = await streamOf(failing, 'subscription { teams { event } }');
    await expect(stream.next()).rejects.toMatchObject({
      message: 'Invalid session token',
      extensions: { code: 209 },
    });
    const broken = new ApiRun({ events: emit(new Error('secret')) });
    const other = await streamOf(broken, 'subscription { teams { event } }');
    await expect(other.next()).rejects.toMatchObject({
      message: 'Internal server error.',
      extensions: { code: 1 },
    });
    expect(broken.unexpected).toEqual([new Error('secret')]);
  });
});
