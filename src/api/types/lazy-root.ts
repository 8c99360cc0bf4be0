import { type GraphQLFieldMap, GraphQLObjectType } from 'graphql';
import type { ApiContext } from '../api-context.ts';
import type { RootField } from './built-class.ts';
import { type LazyRecordParts, lazyRecord } from './lazy-record.ts';

/** An object type that makes a field when it is first asked for: for roots, which have some for every class. */
export class LazyRoot extends GraphQLObjectType<unknown, ApiContext> {
  readonly #fields: GraphQLFieldMap<unknown, ApiContext>;

  constructor(name: string, fields: LazyRecordParts<RootField>) {
    super({ name, fields: {} });
    this.#fields = lazyRecord({
      ...fields,
      make: (key) => {
        const made = new GraphQLObjectType<unknown, ApiContext>({
          name,
          fields: { [key]: fields.make(key) },
        }).getFields()[key];
        if (made === undefined) throw new Error(`${name} lacks ${key}`);
        return made;
      },
    });
  }

  override getFields(): GraphQLFieldMap<unknown, ApiContext> {
    return this.#fields;
  }
}
