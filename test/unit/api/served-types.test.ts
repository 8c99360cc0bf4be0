import {
  GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  specifiedDirectives,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { BASE_TYPE_NAMES } from '../../../src/api/base-sdl.ts';
import { buildApi } from '../../../src/api/build-api.ts';
import type { TypeFamily } from '../../../src/api/plan/plan-outline.ts';
import { catalogOf, sampleCatalog } from '../../support/api-catalog.ts';
import { manyClassRows } from '../../support/many-classes.ts';

/** Inputs of every class, which only classes that others lead to have a use for. */
const UNREFERENCED: ReadonlySet<TypeFamily> = new Set(['pointer', 'relation', 'relationWhere']);

const catalogs = [
  ['schema/classes', sampleCatalog],
  ['400 classes', catalogOf(manyClassRows(400))],
] as const;

describe.each(catalogs)('the types of %s', (_title, catalog) => {
  const { schema: ours, outline } = buildApi(catalog);
  const roots = {
    query: ours.getQueryType(),
    mutation: ours.getMutationType(),
    subscription: ours.getSubscriptionType(),
  };
  /** As graphql collects them: from the roots, and from every type that ours lists. Throws for two types of one name. */
  const collected = new GraphQLSchema({ ...roots, types: Object.values(ours.getTypeMap()) });

  test('are those that graphql finds by asking every type for its fields, one for one', () => {
    const theirs = collected.getTypeMap();
    expect(Object.keys(ours.getTypeMap()).sort()).toEqual(Object.keys(theirs).sort());
    const others = Object.keys(theirs).filter((name) => ours.getType(name) !== theirs[name]);
    expect(others).toEqual([]);
  });

  test('are all reachable from the roots, but for those that Parse Server has in any case', () => {
    const reachable = new GraphQLSchema(roots).getTypeMap();
    const unreached = Object.keys(ours.getTypeMap()).filter((name) => !(name in reachable));
    const unexpected = unreached.filter((name) => {
      const family = outline.types.get(name)?.family;
      return family === undefined ? !BASE_TYPE_NAMES.has(name) : !UNREFERENCED.has(family);
    });
    expect(unexpected).toEqual([]);
    expect(unreached.length).toBeLessThan(Object.keys(reachable).length);
  });

  test('have the directives of the specification', () => {
    expect(ours.getDirectives()).toEqual(collected.getDirectives());
    expect(ours.getDirectives()).toEqual(specifiedDirectives);
  });

  test('belong to the same interfaces and unions', () => {
    const types = Object.values(collected.getTypeMap());
    const members = types.filter((type) => isObjectType(type) || isInterfaceType(type));
    const names = (list: readonly { readonly name: string }[]) =>
      list.map(({ name }) => name).sort();
    for (const type of types.filter(isAbstractType)) {
      expect(names(ours.getPossibleTypes(type))).toEqual(names(collected.getPossibleTypes(type)));
      const differing = members.filter(
        (member) => ours.isSubType(type, member) !== collected.isSubType(type, member),
      );
      expect(differing).toEqual([]);
      if (!isInterfaceType(type)) continue;
      const [mine, theirs] = [ours.getImplementations(type), collected.getImplementations(type)];
      expect(names(mine.interfaces)).toEqual(names(theirs.interfaces));
    }
  });

  test('can be listed by name without any being made', () => {
    const api = buildApi(catalog);
    expect(Object.keys(api.schema.getTypeMap())).toEqual(Object.keys(ours.getTypeMap()));
    const fields = api.schema.getQueryType()?.getFields() ?? {};
    expect(Object.keys(fields)).toContain('viewer');
    expect(Object.hasOwn(fields, 'nothing') || 'nothing' in fields).toBe(false);
    expect(fields['nothing']).toBeUndefined();
    expect(api.madeClasses()).toEqual([]);
  });
});
