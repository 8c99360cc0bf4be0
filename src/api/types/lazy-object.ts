import {
  type GraphQLField,
  type GraphQLFieldConfig,
  type GraphQLFieldMap,
  GraphQLObjectType,
  type GraphQLObjectTypeConfig,
} from 'graphql';
import type { ApiContext } from '../api-context.ts';

type Fields<Source> = GraphQLFieldMap<Source, ApiContext>;

/** The field that graphql makes of its configuration. */
export type CompleteField<Source> = (
  name: string,
  config: GraphQLFieldConfig<Source, ApiContext>,
) => GraphQLField<Source, ApiContext>;

/**
 * An object type that makes a field when it is first asked for: for roots and for classes that hundreds of others point to, of
 * which a request names a few.
 */
export class LazyObject<Source = unknown> extends GraphQLObjectType<Source, ApiContext> {
  readonly #make: (complete: CompleteField<Source>) => Fields<Source>;
  #fields: Fields<Source> | undefined;

  /** `fields` is asked for a record of fields once, when the type is first looked at, and makes one when it is read. */
  constructor(
    config: Omit<GraphQLObjectTypeConfig<Source, ApiContext>, 'fields'>,
    fields: (complete: CompleteField<Source>) => Fields<Source>,
  ) {
    super({ ...config, fields: {} });
    this.#make = fields;
  }

  override getFields(): Fields<Source> {
    return (this.#fields ??= this.#make((key, config) => {
      const fields = { [key]: config };
      const made = new GraphQLObjectType<Source, ApiContext>({ name: this.name, fields });
      const field = made.getFields()[key];
      if (field === undefined) throw new Error(`${this.name} lacks ${key}`);
      return field;
    }));
  }
}
