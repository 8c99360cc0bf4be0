import type { Engine, IndexSpec, Namespace } from './engine.ts';

/** Deletes what the TTL indexes have expired at `now`, one commit per collection. Returns how many went. */
export async function expireDocuments(engine: Engine, now: Date): Promise<number> {
  let expired = 0;
  for (const { namespace, indexes } of engine.read().collections()) {
    const timed = indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
    if (timed.length > 0) expired += await expireCollection(engine, namespace, timed, now);
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
    for (const { name, key, expireAfterSeconds = 0, partialFilterExpression } of indexes) {
      const [path = ''] = key[0] ?? [];
      const due = { [path]: { $lte: new Date(now.getTime() - expireAfterSeconds * 1000) } };
      const filter =
        partialFilterExpression === undefined ? due : { $and: [due, partialFilterExpression] };
      for (const document of batch.find(namespace, { filter, hint: name })) {
        batch.remove(namespace, document);
        expired += 1;
      }
    }
    return expired;
  });
}
