import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { receivedBytes } from './document-bytes.ts';
import { assertWritable, parseNamespace } from './namespaces.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { storableDocument } from './stored-document.ts';
import {
  outcomeTail,
  runStatements,
  sumOf,
  WRITE_FIELDS,
  type WriteStatement,
} from './write-outcome.ts';

async function runInsert(request: CommandRequest, state: StoreState): Promise<Reply> {
  const namespace = parseNamespace(request.database, request.target);
  assertWritable(namespace);
  const { args } = request;
  const documents = args.required('documents', args.documents('documents'));
  const bypassValidation = args.boolean('bypassDocumentValidation') ?? false;
  const now = state.engine.journal.now;
  const statements = documents.map((document): WriteStatement => (batch) => {
    const stored = storableDocument(document, now);
    const raw = stored === document ? receivedBytes(document) : undefined;
    batch.insert(namespace, stored, { bypassValidation, raw });
    return { n: 1 };
  });
  const outcome = await runStatements(request, state, namespace, statements);
  return answer({ n: sumOf(outcome, 'n'), ...outcomeTail(outcome) });
}

/**
 * Adding documents; each stands for itself.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/insert/
 */
export const insertCommands: CommandFamily = {
  insert: {
    kind: 'work',
    stable: true,
    inTransaction: true,
    writes: true,
    retryable: true,
    fields: ['documents', ...WRITE_FIELDS],
    run: runInsert,
  },
};
