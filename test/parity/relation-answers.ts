import type { AnswerPair } from './access-differences.ts';
import { printList, type AskedList, type ParityDocument } from './access-document.ts';
import type { AskParseServer } from './access-oddities.ts';
import type { ComparableAnswer } from './compare-answers.ts';
import { relationAt, valueAt } from './document-parts.ts';

/** The root fields of the class that an id belongs to, by the letter behind the world's prefix. */
const FIELDS: Readonly<Record<string, { readonly get: string; readonly find: string }>> = {
  a: { get: 'alpha', find: 'alphas' },
  b: { get: 'beta', find: 'betas' },
  g: { get: 'gamma', find: 'gammas' },
  u: { get: 'user', find: 'users' },
  r: { get: 'role', find: 'roles' },
};

function fieldsOf(objectId: string): { readonly get: string; readonly find: string } {
  const [, letter = ''] = /^w\d+([a-z])/.exec(objectId) ?? [];
  const fields = FIELDS[letter];
  if (fields === undefined) throw new Error(`no class of ${objectId}`);
  return fields;
}

/**
 * Whether what the gateway says of related objects is right where the servers differ: the master key names the members, and Parse
 * Server, which follows all rules in the list of a root, lists and counts those that the caller may see.
 */
export async function areRelationsRight(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
  ask: AskParseServer,
): Promise<boolean> {
  const paths = relationsIn(document, ours.data, '').filter(
    (path) => !isEqual(answerAt(theirs.data, path), answerAt(ours.data, path)),
  );
  const checks = paths.map(async (path) => {
    const list = relationAt(document, path);
    if (list === undefined) return false;
    const [, owner = '', name = ''] = /^(.*)\.(\w+)$/.exec(path) ?? [];
    const ownerId = String(valueAt(ours.data, `${owner}.objectId`));
    const askAsCaller = (text: string) => ask(text, document.principal);
    const { errors } = await askAsCaller(
      `{ ${fieldsOf(ownerId).get}(id: "${ownerId}") { objectId } }`,
    );
    // A list may show an object that the caller may not get: its relations are empty.
    const members = errors.length > 0 ? [] : await membersOf(ownerId, name, ask);
    const expected = await asRoot(members, list, askAsCaller);
    const refused = ours.errors.some((error) => error.path.startsWith(`${path}.`));
    return expected === undefined ? refused : isEqual(expected, answerAt(ours.data, path));
  });
  return (await Promise.all(checks)).every((isRight) => isRight);
}

async function membersOf(
  ownerId: string,
  name: string,
  ask: AskParseServer,
): Promise<readonly string[]> {
  const { get } = fieldsOf(ownerId);
  const members = `${name}(first: 1000) { edges { node { objectId } } }`;
  const { data } = await ask(`{ ${get}(id: "${ownerId}") { ${members} } }`, 'master');
  return [...JSON.stringify(data).matchAll(/"objectId":"(\w+)"/g)].map(([, id]) => String(id));
}

/** What Parse Server answers to the list when it is a root's, of these objects only; `undefined` when it refuses. */
async function asRoot(
  members: readonly string[],
  list: AskedList,
  ask: (document: string) => Promise<ComparableAnswer>,
): Promise<unknown> {
  const [first] = members;
  if (first === undefined) return answerOf(list, { count: 0, edges: [] });
  const { find } = fieldsOf(first);
  const text = `{ in: ${JSON.stringify(members)} }`;
  const isMember = { kind: 'text', column: 'objectId', text } as const;
  const parts = [[isMember], ...(list.where.length === 0 ? [] : [list.where])];
  const where = [{ kind: 'logic', column: 'AND', parts }] as const;
  const plain: AskedList = { ...list, where, isPaged: false };
  const { data, errors } = await ask(`{ ${printList(find, plain)} }`);
  if (errors.length === 0) return answerOf(list, valueAt(data, find));
  const isCountOfNobody = errors.every(({ code }) => code === 'INTERNAL_SERVER_ERROR');
  if (!isCountOfNobody || !list.isCounted) return undefined;
  if (list.object === undefined) return answerOf(list, { count: 0 });
  const rows = await asRoot(members, { ...list, isCounted: false }, ask);
  return rows === undefined ? undefined : answerOf(list, { ...rows, count: 0 });
}

/** Number and rows, whatever else was asked. */
function answerOf({ isCounted, object }: Pick<AskedList, 'isCounted' | 'object'>, value: unknown) {
  const { count, edges } = value as { readonly count?: unknown; readonly edges?: unknown };
  return { ...(isCounted && { count }), ...(object !== undefined && { edges }) };
}

function answerAt(data: unknown, path: string): unknown {
  const value = valueAt(data, path);
  if (typeof value !== 'object' || value === null) return value;
  const { count, edges } = value as { readonly count?: unknown; readonly edges?: unknown };
  return { ...(count !== undefined && { count }), ...(edges !== undefined && { edges }) };
}

/** Where the answer tells of a relation: `alphas.edges.0.node.fans`. */
function relationsIn(document: ParityDocument, data: unknown, path: string): readonly string[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data as Readonly<Record<string, unknown>>).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const isRelation = /\.(links|fans|users|roles)$/.test(at) && value !== null;
    return isRelation && relationAt(document, at) !== undefined
      ? [at]
      : relationsIn(document, value, at);
  });
}

const isEqual = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);
