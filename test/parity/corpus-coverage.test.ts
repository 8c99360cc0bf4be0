import { readFileSync } from 'node:fs';
import {
  buildSchema,
  getNamedType,
  isInputObjectType,
  isObjectType,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { everyOperator } from './every-operator.ts';
import { readCorpus } from './read-corpus.ts';

/** Parse Server's own API for the sample classes. */
const schema = buildSchema(
  readFileSync(new URL('parse-graphql-9.10.graphql', import.meta.url), 'utf8'),
  { assumeValid: true },
);

/** What no document can compare, and why. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ...['PageInfo.startCursor', 'PageInfo.endCursor', 'EmployeeEdge.cursor'].map(
    (name) =>
      [name, 'cursors are offsets there and places here; pages behind them are compared'] as const,
  ),
  ['Viewer.sessionToken', 'the token is that of the request'],
  ...['Role', 'User'].flatMap((name) =>
    [`${name}WhereInput.ACL`].map((input) => [input, 'no column of theirs, nor of ours'] as const),
  ),
]);

/** The input types of filters and read options: those of columns, and those of one class for all. */
const INPUTS =
  /^(?:Id|String|Number|Boolean|Array|KeyValue|Object|Date|Bytes|FileWhere|GeoPoint|Polygon|Text|Search|Box|Within|CenterSphere|GeoWithin|GeoIntersects|Select|Subquery|ReadOptions)(?:Where)?Input$|^(?:Employee|Role|User)(?:Relation)?WhereInput$/;

const OUTPUTS =
  /^(?:Query|Employee|Team|Role|PageInfo|Viewer|EmployeeConnection|EmployeeEdge|Class|ACL|UserACL|RoleACL|PublicACL)$/;

describe('the corpus of reads', () => {
  const used = namesUsed(
    schema,
    [...readCorpus, ...everyOperator].map(({ document }) => document),
  );

  it('uses every operator of every kind of column, and every read option', () => {
    const fields = Object.values(schema.getTypeMap())
      .filter(isInputObjectType)
      .filter(({ name }) => INPUTS.test(name))
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
    expect(fields.length).toBeGreaterThan(180);
    expect(fields.filter((name) => !used.has(name) && !LEFT_OUT.has(name)).join(' ')).toBe('');
  });

  it('uses every field of objects and lists, and every argument', () => {
    const fields = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter(({ name }) => OUTPUTS.test(name))
      .flatMap((type) =>
        Object.values(type.getFields()).flatMap(({ name, args }) => [
          `${type.name}.${name}`,
          ...args.map((arg) => `${type.name}.${name}(${arg.name})`),
        ]),
      );
    expect(fields.length).toBeGreaterThan(150);
    expect(fields.filter((name) => !used.has(name) && !LEFT_OUT.has(name)).join(' ')).toBe('');
  });

  it('leaves out only what is there and not used', () => {
    expect([...LEFT_OUT.keys()].filter((name) => used.has(name))).toEqual([]);
  });
});

/** `Type.field`, `Type.field(argument)` and `Input.field` of everything that the documents name. */
function namesUsed(from: GraphQLSchema, documents: readonly string[]): ReadonlySet<string> {
  const used = new Set<string>();
  for (const document of documents) {
    const info = new TypeInfo(from);
    const visitor = visitWithTypeInfo(info, {
      Field: ({ name }) => {
        used.add(`${String(info.getParentType()?.name)}.${name.value}`);
      },
      Argument: ({ name }) => {
        const field = info.getFieldDef()?.name;
        used.add(`${String(info.getParentType()?.name)}.${String(field)}(${name.value})`);
      },
      ObjectField: ({ name }) => {
        const input = info.getParentInputType();
        if (input) used.add(`${getNamedType(input).name}.${name.value}`);
      },
    });
    visit(parse(document), visitor);
  }
  return used;
}
