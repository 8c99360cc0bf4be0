import {
  printWhere,
  type AskedCondition,
  type AskedList,
  type AskedWhere,
  type ParityDocument,
  type ParityPrincipal,
} from './access-document.ts';
import type { ComparableAnswer } from './compare-answers.ts';
import { mapLists } from './document-parts.ts';

/** What Parse Server answers wrongly, where the document shows it and the same can be asked so that it answers rightly. */
export const ODDITIES = {
  relationInNor: 'a relation inside NOR is overlooked there',
  keyOfNothing: 'objects without the key of inQueryKey or notInQueryKey count as null there',
  relationByCreation:
    'a relation ordered by createdAt is cut by its join rows there, before rules, filters and counts',
} as const;
export type OddityReason = keyof typeof ODDITIES;

/** The document in other words: the gateway must answer both alike. `rest` is absent when Parse Server refuses a part of it. */
export interface Rewording {
  readonly reason: OddityReason;
  readonly rest: ParityDocument | undefined;
}

/** Asks Parse Server. */
export type AskParseServer = (
  document: string,
  principal: ParityPrincipal,
) => Promise<ComparableAnswer>;

/** The document without the first oddity that it has, or `undefined` when it has none. */
export async function reworded(
  document: ParityDocument,
  ask: AskParseServer,
): Promise<Rewording | undefined> {
  return (
    rewordOrder(document) ?? (await rewordKeys(document, ask)) ?? (await rewordNor(document, ask))
  );
}

/** All rows have been changed when they were created, and never since. */
function rewordOrder(document: ParityDocument): Rewording | undefined {
  const rest = mapLists(document, (list, way) =>
    way.length === 0
      ? list
      : { ...list, order: list.order.map((key) => key.replace('createdAt', 'updatedAt')) },
  );
  const isSame = JSON.stringify(rest) === JSON.stringify(document);
  return isSame ? undefined : { reason: 'relationByCreation', rest };
}

type KeyCondition = Extract<AskedCondition, { kind: 'key' }>;
type LogicCondition = Extract<AskedCondition, { kind: 'logic' }>;

/** The values that the key has, in place of the query that finds them. */
async function rewordKeys(
  document: ParityDocument,
  ask: AskParseServer,
): Promise<Rewording | undefined> {
  const { root, principal } = document;
  if (root.kind !== 'list') return undefined;
  const texts = new Map<KeyCondition, string>();
  for (const condition of keysIn(root.list.where)) {
    const { className, where, operator } = condition.key;
    const list = `${className.toLowerCase()}s(where: { ${where} }) { edges { node { title } } }`;
    const { data, errors } = await ask(`{ ${list} }`, principal);
    if (errors.length > 0) return { reason: 'keyOfNothing', rest: undefined };
    const titles = nodesIn(data).map((node) => node['title']);
    const values = titles.filter((title) => typeof title === 'string');
    const name = operator === 'inQueryKey' ? 'in' : 'notIn';
    texts.set(condition, `{ ${name}: ${JSON.stringify([...new Set(values)])} }`);
  }
  if (texts.size === 0) return undefined;
  const plain = (where: AskedWhere): AskedWhere =>
    where.map((condition): AskedCondition => {
      switch (condition.kind) {
        case 'text':
          return condition;
        case 'key':
          return { kind: 'text', column: 'title', text: texts.get(condition) ?? '' };
        case 'logic':
          return { ...condition, parts: condition.parts.map(plain) };
      }
    });
  return { reason: 'keyOfNothing', rest: withWhere(document, plain(root.list.where)) };
}

function keysIn(where: AskedWhere): readonly KeyCondition[] {
  return where.flatMap((condition) => {
    switch (condition.kind) {
      case 'text':
        return [];
      case 'key':
        return [condition];
      case 'logic':
        return condition.parts.flatMap(keysIn);
    }
  });
}

const RELATIONS: ReadonlySet<string> = new Set(['links', 'fans', 'users', 'roles']);

/** The objects that no part of NOR finds, by id: each part is asked alone. */
async function rewordNor(
  document: ParityDocument,
  ask: AskParseServer,
): Promise<Rewording | undefined> {
  const { root, principal } = document;
  if (root.kind !== 'list') return undefined;
  const nor = root.list.where.find(
    (condition): condition is LogicCondition =>
      condition.kind === 'logic' &&
      condition.column === 'NOR' &&
      condition.parts.flat().some(({ column }) => RELATIONS.has(column)),
  );
  if (nor === undefined) return undefined;
  const others = root.list.where.filter((condition) => condition !== nor);
  const found = await Promise.all(
    [others, ...nor.parts].map((where) =>
      idsOf({ name: root.name, list: root.list, where }, (text) => ask(text, principal)),
    ),
  );
  const [candidates, ...excluded] = found.filter((ids) => ids !== undefined);
  if (candidates === undefined || excluded.length < nor.parts.length) {
    return { reason: 'relationInNor', rest: undefined };
  }
  const ids = candidates.filter((id) => !excluded.some((part) => part.includes(id)));
  const text = `{ in: ${JSON.stringify(ids)} }`;
  const rest = withWhere(document, [{ kind: 'text', column: 'objectId', text }]);
  return { reason: 'relationInNor', rest };
}

interface Question {
  readonly name: string;
  /** Rows may be refused where their number is not: what this list does not ask, must not be asked. */
  readonly list: AskedList;
  readonly where: AskedWhere;
}

type Ask = (document: string) => Promise<ComparableAnswer>;

/** Ids of the objects that the filter finds, by the rules for rows, for counting, or both, as the list asks; `undefined` when refused. */
async function idsOf(question: Question, ask: Ask): Promise<readonly string[] | undefined> {
  const { isCounted, isPaged, object } = question.list;
  // Whether there is another page follows the rules for rows here.
  const isListed = object !== undefined || isPaged;
  const listed = isListed ? await idsListed(question, ask) : [];
  const counted = isCounted ? await idsCounted(question, ask) : [];
  return listed && counted && [...new Set([...listed, ...counted])];
}

async function idsListed(
  { name, where }: Question,
  ask: Ask,
): Promise<readonly string[] | undefined> {
  const text = `{ ${name}(where: { ${printWhere(where)} }) { edges { node { objectId } } } }`;
  const { data, errors } = await ask(text);
  if (errors.length > 0) return undefined;
  return nodesIn(data).map((node) => String(node['objectId']).replace(/^w\d+/, '@'));
}

/** Each object is counted alone. */
async function idsCounted(
  { name, where }: Question,
  ask: Ask,
): Promise<readonly string[] | undefined> {
  const letter = name[0] ?? '';
  const ids = [0, 1, 2, 3].map((index) => `@${letter}${index}`);
  const filter = printWhere(where);
  const answers = await Promise.all(
    ids.map((id) => {
      const parts = [`{ objectId: { equalTo: "${id}" } }`, ...(filter ? [`{ ${filter} }`] : [])];
      return ask(`{ ${name}(where: { AND: [${parts.join(', ')}] }) { count } }`);
    }),
  );
  // A count that pointer permissions leave nothing of is an error there, but no refusal.
  const isRefused = answers.some(({ errors }) =>
    errors.some(({ code }) => code !== 'INTERNAL_SERVER_ERROR'),
  );
  if (isRefused) return undefined;
  return ids.filter((_, index) => JSON.stringify(answers[index]?.data).includes('"count":1'));
}

function withWhere(document: ParityDocument, where: AskedWhere): ParityDocument {
  const { root } = document;
  return root.kind === 'list'
    ? { ...document, root: { ...root, list: { ...root.list, where } } }
    : document;
}

type Node = Readonly<Record<string, unknown>>;

/** The rows of an answer with one list. */
function nodesIn(data: unknown): readonly Node[] {
  const [list] = Object.values((data ?? {}) as Readonly<Record<string, unknown>>);
  const { edges } = (list ?? {}) as { readonly edges?: readonly { readonly node: Node }[] };
  return (edges ?? []).map(({ node }) => node);
}
