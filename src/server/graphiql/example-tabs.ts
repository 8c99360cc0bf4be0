import {
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { Steps } from '../../api/steps.ts';
import { SYSTEM_CLASSES } from '../../parse/names.ts';

/** Documents to begin with, made from the classes at hand. */
export interface ExampleDocuments {
  readonly query: string;
  /** `undefined` when nothing can be subscribed to. */
  readonly subscription: string | undefined;
}

type Field = GraphQLField<unknown, unknown>;

interface Listing {
  readonly field: Field;
  readonly node: GraphQLObjectType;
}

const ROWS = 5;
const NESTED_ROWS = 3;
const COLUMNS = 5;
const SYSTEM_TYPES: ReadonlySet<string> = new Set(
  SYSTEM_CLASSES.map((name) => name.replace(/^_/, '')),
);
const BASE_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'objectId',
  'createdAt',
  'updatedAt',
  'ACL',
]);

/**
 * A query of the class that leads to most others, with what it leads to, and a subscription to the class that leads to
 * it or to itself; when there is no class of the application's own, of a system class. In steps, as it looks at every class.
 */
export function* buildExamples(schema: GraphQLSchema): Steps<ExampleDocuments> {
  const listing = yield* richest(schema);
  if (listing === undefined) return { query: '{\n  health\n}\n', subscription: undefined };
  const order = orderArgument(listing);
  const query = [
    `# Run it with Ctrl-Enter. The schema is on the left; the headers below say who you are.`,
    `query First${capitalized(listing.field.name)} {`,
    `  ${listing.field.name}(first: ${ROWS}${order}) {`,
    `    count`,
    `    edges {`,
    `      node {`,
    ...selectionOf(listing.node).map((line) => `        ${line}`),
    `      }`,
    `    }`,
    `  }`,
    `}`,
    ``,
  ];
  return { query: query.join('\n'), subscription: yield* subscriptionFor(schema, listing.node) };
}

function* richest(schema: GraphQLSchema): Steps<Listing | undefined> {
  let best: { readonly listing: Listing; readonly score: number } | undefined;
  for (const field of fieldsOf(schema.getQueryType())) {
    yield;
    const node = nodeOf(field);
    if (node === undefined || field.args.some(isRequiredArgument)) continue;
    const score = yield* scoreOf(node);
    const isFirst = score === best?.score && field.name < best.listing.field.name;
    if (best === undefined || score > best.score || isFirst) {
      best = { listing: { field, node }, score };
    }
  }
  return best?.listing;
}

/** One after the other: of hundreds, most are made when they are first asked for. */
function* fieldsOf(type: GraphQLObjectType | null | undefined): Generator<Field> {
  const fields = type?.getFields() ?? {};
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    if (field !== undefined) yield field;
  }
}

function* scoreOf(node: GraphQLObjectType): Steps<number> {
  const isOwn = !SYSTEM_TYPES.has(node.name);
  let links = 0;
  for (const field of fieldsOf(node)) {
    if (nodeOf(field) !== undefined || leadsToObject(field)) links += 1;
    yield;
  }
  return (isOwn ? 10_000 : 0) + links * 10 + columnsOf(node).length;
}

/** `objectId`, a few plain columns, one pointer and one page of related objects. */
function selectionOf(node: GraphQLObjectType): readonly string[] {
  const fields = Object.values(node.getFields());
  const pointer = fields.find(leadsToObject);
  const page = fields.find((field) => nodeOf(field) !== undefined);
  const lines = ['objectId', ...columnsOf(node)];
  const target = pointer === undefined ? undefined : getNamedType(pointer.type);
  if (pointer !== undefined && isObjectType(target)) {
    lines.push(`${pointer.name} {`, ...shortSelection(target), '}');
  }
  const related = page === undefined ? undefined : nodeOf(page);
  if (page !== undefined && related !== undefined) {
    const inner = shortSelection(related).map((line) => `    ${line}`);
    lines.push(
      `${page.name}(first: ${NESTED_ROWS}) {`,
      '  edges {',
      '    node {',
      ...inner,
      '    }',
      '  }',
      '}',
    );
  }
  return lines;
}

function shortSelection(node: GraphQLObjectType): readonly string[] {
  return ['objectId', ...columnsOf(node).slice(0, 1)].map((name) => `  ${name}`);
}

function columnsOf(node: GraphQLObjectType): readonly string[] {
  const names = Object.values(node.getFields())
    .filter((field) =>
      ['String', 'Float', 'Boolean', 'Int'].includes(getNamedType(field.type).name),
    )
    .filter((field) => isLeafType(getNamedType(field.type)) && !BASE_FIELDS.has(field.name))
    .map((field) => field.name);
  const isName = (name: string) => /^(name|title|username|code)$/i.test(name);
  return [...names.filter(isName), ...names.filter((name) => !isName(name))].slice(0, COLUMNS);
}

function leadsToObject(field: Field): boolean {
  const target = getNamedType(field.type);
  const isPlain = !String(field.type).startsWith('[') && !field.args.some(isRequiredArgument);
  return isPlain && isObjectType(target) && 'objectId' in target.getFields();
}

/** The class a connection field pages through. */
function nodeOf(field: Field): GraphQLObjectType | undefined {
  const connection = getNamedType(field.type);
  if (!isObjectType(connection) || !connection.name.endsWith('Connection')) return undefined;
  const edge = getNamedType(connection.getFields()['edges']?.type);
  const node = isObjectType(edge) ? getNamedType(edge.getFields()['node']?.type) : undefined;
  return isObjectType(node) ? node : undefined;
}

function orderArgument({ field, node }: Listing): string {
  const [first] = columnsOf(node);
  const order = getNamedType(field.args.find(({ name }) => name === 'order')?.type);
  const value = `${first ?? 'objectId'}_ASC`;
  const known = order !== undefined && 'getValue' in order ? order.getValue(value) : undefined;
  const isKnown = known !== undefined && known !== null;
  return isKnown ? `, order: [${value}]` : '';
}

function* subscriptionFor(
  schema: GraphQLSchema,
  node: GraphQLObjectType,
): Steps<string | undefined> {
  const nodeFieldOf = (field: Field) => {
    const payload = getNamedType(field.type);
    if (!isObjectType(payload)) return undefined;
    return Object.values(payload.getFields()).find((each) => getNamedType(each.type) === node);
  };
  let field: Field | undefined;
  for (const each of fieldsOf(schema.getSubscriptionType())) {
    yield;
    if (each.args.some(isRequiredArgument) || nodeFieldOf(each) === undefined) continue;
    field = each;
    break;
  }
  const payload = field === undefined ? undefined : getNamedType(field.type);
  const nodeField = field === undefined ? undefined : nodeFieldOf(field);
  if (field === undefined || !isObjectType(payload) || nodeField === undefined) return undefined;
  const plain = Object.values(payload.getFields())
    .filter((each) => isLeafType(getNamedType(each.type)) && each.args.length === 0)
    .map((each) => `    ${each.name}`);
  const columns = shortSelection(node).map((line) => `    ${line}`);
  return [
    `# Stays open: change something from elsewhere and watch.`,
    `subscription Changes {`,
    `  ${field.name} {`,
    ...plain,
    `    ${nodeField.name} {`,
    ...columns,
    `    }`,
    `  }`,
    `}`,
    ``,
  ].join('\n');
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
