import type { Engine, IndexSpec, Namespace, ReadQuery } from './engine.ts';

/** Deletes what the TTL indexes have expired at `now`, one commit per collection. Returns how many went. */
export async function expireDocuments(engine: Engine, now: Date): Promise<number> {
  let expired = 0;
  for (const { namespace, indexes } of engine.read().collections()) {
    const timed = indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
    const isDue = timed.some((spec) => hasDue(engine, namespace, spec, now));
    if (isDue) expired += await expireCollection(engine, namespace, timed, now);
  }
  return expired;
}

function expireCollection(
  engine: Engine,
  namespace: Namespace,
  indexes: readonly IndexSpec[],
  now: Date,
): Promise<number> {
  return engine.write((batch) => {
    let expired = 0;
    for (const spec of indexes) {
      for (const document of batch.find(namespace, dueQuery(spec, now))) {
        batch.remove(namespace, document);
        expired += 1;
      }
    }
    return expired;
  });
}

/** Whether there is anything to delete; learning that there is not costs no commit. */
function hasDue(engine: Engine, namespace: Namespace, spec: IndexSpec, now: Date): boolean {
  const [first] = engine.read().find(namespace, { ...dueQuery(spec, now), limit: 1 });
  return first !== undefined;
}

function dueQuery(
  { name, key, expireAfterSeconds = 0, partialFilterExpression }: IndexSpec,
  now: Date,
): ReadQuery {
  const [path = ''] = key[0] ?? [];
  const due = { [path]: { $lte: new Date(now.getTime() - expireAfterSeconds * 1000) } };
  const filter =
    partialFilterExpression === undefined ? due : { $and: [due, partialFilterExpression] };
  return { filter, hint: name };
}
