const GRAPHQL_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Which columns of a class a list names; `undefined`: all. */
type ColumnList = ReadonlySet<string> | undefined;

export interface SortField {
  readonly field: string;
  readonly asc: boolean;
  readonly desc: boolean;
}

/** What an app has decided about one class. */
export interface ClassConfig {
  readonly type: {
    readonly createFields: ColumnList;
    readonly updateFields: ColumnList;
    readonly outputFields: ColumnList;
    readonly constraintFields: ColumnList;
    readonly sortFields: readonly SortField[] | undefined;
  };
  readonly query: {
    readonly get: boolean;
    readonly find: boolean;
    readonly getAlias: string | undefined;
    readonly findAlias: string | undefined;
  };
  readonly mutation: {
    readonly create: boolean;
    readonly update: boolean;
    readonly destroy: boolean;
    readonly createAlias: string | undefined;
    readonly updateAlias: string | undefined;
    readonly destroyAlias: string | undefined;
  };
}

/** The stored GraphQL configuration: which classes and columns the API shows, and under which names. */
export interface GraphqlConfig {
  readonly isEnabled: (className: string) => boolean;
  readonly classes: ReadonlyMap<string, ClassConfig>;
}

/** What an app has that stores no configuration. */
export const OPEN_CONFIG: GraphqlConfig = { isEnabled: () => true, classes: new Map() };

class BadConfig extends Error {}

/**
 * The JSON of `_GraphQLConfig` → what it means. A part that is malformed is reported and ignored as a whole: the whole
 * configuration when its class lists are, one class's part otherwise.
 * @see https://docs.parseplatform.org/graphql/guide/#configuration
 */
export function parseGraphqlConfig(json: unknown, report: string[]): GraphqlConfig {
  if (json === undefined || json === null) return OPEN_CONFIG;
  try {
    const root = recordAt(json, 'the GraphQL configuration');
    const enabled = namesAt(root['enabledForClasses'], 'enabledForClasses');
    const disabled = namesAt(root['disabledForClasses'], 'disabledForClasses');
    return {
      isEnabled: (className) =>
        (enabled === undefined || enabled.has(className)) && disabled?.has(className) !== true,
      classes: classConfigs(root['classConfigs'], report),
    };
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error;
    report.push(`the stored GraphQL configuration is ignored: ${error.message}`);
    return OPEN_CONFIG;
  }
}

function classConfigs(json: unknown, report: string[]): ReadonlyMap<string, ClassConfig> {
  if (json === undefined || json === null) return new Map();
  if (!Array.isArray(json)) throw new BadConfig('classConfigs is not a list');
  const configs = new Map<string, ClassConfig>();
  for (const [index, entry] of (json as readonly unknown[]).entries()) {
    try {
      const fields = recordAt(entry, `classConfigs[${index}]`);
      const className = fields['className'];
      if (typeof className !== 'string') {
        throw new BadConfig(`classConfigs[${index}].className is not a text`);
      }
      configs.set(className, parseClassConfig(fields, className));
    } catch (error) {
      if (!(error instanceof BadConfig)) throw error;
      report.push(`a part of the stored GraphQL configuration is ignored: ${error.message}`);
    }
  }
  return configs;
}

function parseClassConfig(fields: Readonly<Record<string, unknown>>, at: string): ClassConfig {
  const type = optionalRecord(fields['type'], `${at}.type`);
  const input = optionalRecord(type['inputFields'], `${at}.type.inputFields`);
  const query = optionalRecord(fields['query'], `${at}.query`);
  const mutation = optionalRecord(fields['mutation'], `${at}.mutation`);
  return {
    type: {
      createFields: namesAt(input['create'], `${at}.type.inputFields.create`),
      updateFields: namesAt(input['update'], `${at}.type.inputFields.update`),
      outputFields: namesAt(type['outputFields'], `${at}.type.outputFields`),
      constraintFields: namesAt(type['constraintFields'], `${at}.type.constraintFields`),
      sortFields: sortFieldsAt(type['sortFields'], `${at}.type.sortFields`),
    },
    query: {
      get: flagAt(query['get'], `${at}.query.get`),
      find: flagAt(query['find'], `${at}.query.find`),
      getAlias: aliasAt(query['getAlias'], `${at}.query.getAlias`),
      findAlias: aliasAt(query['findAlias'], `${at}.query.findAlias`),
    },
    mutation: {
      create: flagAt(mutation['create'], `${at}.mutation.create`),
      update: flagAt(mutation['update'], `${at}.mutation.update`),
      destroy: flagAt(mutation['destroy'], `${at}.mutation.destroy`),
      createAlias: aliasAt(mutation['createAlias'], `${at}.mutation.createAlias`),
      updateAlias: aliasAt(mutation['updateAlias'], `${at}.mutation.updateAlias`),
      destroyAlias: aliasAt(mutation['destroyAlias'], `${at}.mutation.destroyAlias`),
    },
  };
}

function sortFieldsAt(json: unknown, at: string): readonly SortField[] | undefined {
  if (json === undefined || json === null) return undefined;
  if (!Array.isArray(json)) throw new BadConfig(`${at} is not a list`);
  const fields = (json as readonly unknown[]).map((entry) => {
    const { field, asc, desc } = recordAt(entry, at);
    if (typeof field !== 'string') throw new BadConfig(`${at} holds an entry without a field`);
    return { field, asc: flagAt(asc, at), desc: flagAt(desc, at) };
  });
  // An enum needs a value, so an empty list still orders by id.
  return fields.length === 0 ? [{ field: 'id', asc: true, desc: true }] : fields;
}

function recordAt(json: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new BadConfig(`${at} is not an object`);
  }
  return json as Readonly<Record<string, unknown>>;
}

function optionalRecord(json: unknown, at: string): Readonly<Record<string, unknown>> {
  return json === undefined || json === null ? {} : recordAt(json, at);
}

function namesAt(json: unknown, at: string): ColumnList {
  if (json === undefined || json === null) return undefined;
  if (!Array.isArray(json) || !json.every((name): name is string => typeof name === 'string')) {
    throw new BadConfig(`${at} is not a list of names`);
  }
  return new Set(json);
}

function flagAt(json: unknown, at: string): boolean {
  if (json === undefined || json === null) return true;
  if (typeof json !== 'boolean') throw new BadConfig(`${at} is neither true nor false`);
  return json;
}

function aliasAt(json: unknown, at: string): string | undefined {
  if (json === undefined || json === null || json === '') return undefined;
  if (typeof json !== 'string' || !GRAPHQL_NAME.test(json)) {
    throw new BadConfig(`${at} is not a GraphQL name`);
  }
  return json;
}
