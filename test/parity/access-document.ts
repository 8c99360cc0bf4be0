import type { Thing } from './access-world.ts';

/** Who asks in the documents: keys, nobody, or one of the world's users. */
export const PRINCIPALS = [
  'anonymous',
  '@u0',
  '@u1',
  '@u2',
  '@u3',
  'master',
  'readOnlyMaster',
] as const;
export type ParityPrincipal = (typeof PRINCIPALS)[number];

/** A pointer, or an array of pointers: to users, besides whom it may hold other values. */
export interface AskedPointer {
  readonly name: string;
  readonly isArray: boolean;
  readonly object: AskedObject;
}

/** What is asked of an object. */
export interface AskedObject {
  readonly columns: readonly string[];
  readonly pointers: readonly AskedPointer[];
  readonly relations: readonly { readonly name: string; readonly list: AskedList }[];
}

/** Values of a column of another class, by a query of its own. */
export interface KeyOfQuery {
  readonly operator: 'inQueryKey' | 'notInQueryKey';
  readonly className: Thing;
  /** Without braces; empty for everything. */
  readonly where: string;
}

/** One condition of a filter, in parts as far as differences need to look into it. */
export type AskedCondition =
  | { readonly kind: 'text'; readonly column: string; readonly text: string }
  | { readonly kind: 'key'; readonly column: 'title'; readonly key: KeyOfQuery }
  | {
      readonly kind: 'logic';
      readonly column: 'OR' | 'AND' | 'NOR';
      readonly parts: readonly AskedWhere[];
    };

/** Conditions on different columns; none for everything. */
export type AskedWhere = readonly AskedCondition[];

/** What is asked of a list of objects. */
export interface AskedList {
  readonly where: AskedWhere;
  readonly order: readonly string[];
  readonly first: number | undefined;
  readonly skip: number | undefined;
  readonly isCounted: boolean;
  /** Whether there are pages before and behind. */
  readonly isPaged: boolean;
  readonly object: AskedObject | undefined;
}

/** One document of one root field, and who sends it. */
export interface ParityDocument {
  readonly principal: ParityPrincipal;
  readonly root:
    | { readonly kind: 'list'; readonly name: string; readonly list: AskedList }
    | {
        readonly kind: 'object';
        readonly name: string;
        readonly id: string;
        readonly object: AskedObject;
      }
    /** By global id. */
    | {
        readonly kind: 'node';
        readonly className: string;
        readonly id: string;
        readonly object: AskedObject;
      }
    /** The user who asks. */
    | { readonly kind: 'viewer'; readonly object: AskedObject };
}

/** As text, still with `@` in its ids, and with `<<Class:id>>` for global ids. */
export function printDocument({ root }: ParityDocument): string {
  switch (root.kind) {
    case 'list':
      return `{ ${printList(root.name, root.list)} }`;
    case 'object':
      return `{ ${root.name}(id: "${root.id}") ${printObject(root.object)} }`;
    case 'node': {
      const type = root.className.replace('_', '');
      return `{ node(id: "<<${root.className}:${root.id}>>") { id ... on ${type} ${printObject(root.object)} } }`;
    }
    case 'viewer':
      return `{ viewer { sessionToken user ${printObject(root.object)} } }`;
  }
}

/** A field with arguments and selection. */
export function printList(name: string, list: AskedList): string {
  const { where, order, first, skip, isCounted, isPaged, object } = list;
  const parts = [
    where.length > 0 && `where: { ${printWhere(where)} }`,
    `order: [${[...order, 'objectId_ASC'].join(', ')}]`,
    first !== undefined && `first: ${first}`,
    skip !== undefined && `skip: ${skip}`,
  ].filter((part) => part !== false);
  const selected = [
    isCounted && 'count',
    isPaged && 'pageInfo { hasNextPage hasPreviousPage }',
    object !== undefined && `edges { node ${printObject(object)} }`,
  ].filter((part) => part !== false);
  return `${name}(${parts.join(', ')}) { ${selected.join(' ')} }`;
}

/** Without braces. */
export function printWhere(where: AskedWhere): string {
  return where.map((condition) => `${condition.column}: ${printCondition(condition)}`).join(', ');
}

function printCondition(condition: AskedCondition): string {
  switch (condition.kind) {
    case 'text':
      return condition.text;
    case 'key': {
      const { operator, className, where } = condition.key;
      return `{ ${operator}: { query: { className: "${className}", where: { ${where} } }, key: "title" } }`;
    }
    case 'logic':
      return `[${condition.parts.map((part) => `{ ${printWhere(part)} }`).join(', ')}]`;
  }
}

function printObject({ columns, pointers, relations }: AskedObject): string {
  const parts = [
    ...columns,
    ...pointers.map(({ name, isArray, object }) =>
      isArray
        ? `${name} { ... on User ${printObject(object)} ... on Element { value } }`
        : `${name} ${printObject(object)}`,
    ),
    ...relations.map(({ name, list }) => printList(name, list)),
  ];
  return `{ ${parts.join(' ')} }`;
}
