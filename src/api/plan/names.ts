import pluralize from 'pluralize';
import { BASE_TYPE_NAMES } from '../base-sdl.ts';
import type { Steps } from '../steps.ts';
import type { ApiNames, BulkNames, ClassNames, ExplanationTypeNames } from './api-plan.ts';
import type { ClassConfig } from './graphql-config.ts';

/** The types generated beside an object type `Team`, by what they are for. */
export const GENERATED_TYPES = {
  edge: (type: string) => `${type}Edge`,
  connection: (type: string) => `${type}Connection`,
  where: (type: string) => `${type}WhereInput`,
  relationWhere: (type: string) => `${type}RelationWhereInput`,
  order: (type: string) => `${type}Order`,
  createFields: (type: string) => `Create${type}FieldsInput`,
  updateFields: (type: string) => `Update${type}FieldsInput`,
  pointer: (type: string) => `${type}PointerInput`,
  relation: (type: string) => `${type}RelationInput`,
  createInput: (type: string) => `Create${type}Input`,
  updateInput: (type: string) => `Update${type}Input`,
  deleteInput: (type: string) => `Delete${type}Input`,
  createPayload: (type: string) => `Create${type}Payload`,
  updatePayload: (type: string) => `Update${type}Payload`,
  deletePayload: (type: string) => `Delete${type}Payload`,
} as const satisfies Record<string, (type: string) => string>;

/** The mutations by which users come in, and the types that they need of the class of users. */
export const ACCOUNT_MUTATIONS = ['signUp', 'logInWith', 'logIn'] as const;
export const ACCOUNT_TYPES = [
  'SignUpInput',
  'SignUpPayload',
  'LogInWithInput',
  'UserLoginWithInput',
  'LogInWithPayload',
  'LogInInput',
  'LogInPayload',
] as const;

/** Types and inputs that Parse Server's API has for every app, so that no class may take their names. */
const PARSE_TYPE_NAMES = [
  'Query Mutation ArrayResult Viewer ID Int Float String Boolean CloudConfig ConfigValue CloudCodeFunction UserLoginWithInput',
  'SchemaFieldsInput SchemaFieldInput SchemaStringFieldInput SchemaNumberFieldInput SchemaBooleanFieldInput',
  'SchemaArrayFieldInput SchemaObjectFieldInput SchemaDateFieldInput SchemaFileFieldInput SchemaGeoPointFieldInput',
  'SchemaPolygonFieldInput SchemaBytesFieldInput PointerFieldInput RelationFieldInput',
  ...[
    'CreateFile SignUp LogInWith LogIn LogOut ResetPassword ConfirmResetPassword SendVerificationEmail Challenge',
    'CallCloudCode CreateClass UpdateClass DeleteClass UpdateCloudConfig',
  ]
    .flatMap((line) => line.split(' '))
    .map((name) => `${name}Input ${name}Payload`),
].flatMap((line) => line.split(' '));

const QUERY_FIELDS = ['node', 'health', 'viewer', 'class', 'classes', 'cloudConfig'];
const MUTATION_FIELDS = [
  'createFile deleteFile signUp logInWith logIn logOut resetPassword confirmResetPassword sendVerificationEmail challenge',
  'callCloudCode createClass updateClass deleteClass updateCloudConfig purgeClass logOutOthers',
].flatMap((line) => line.split(' '));

const GRAPHQL_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** A set of names in which each is taken once. */
class Namespace {
  readonly #taken: Map<string, string>;

  constructor(reserved: Iterable<string>, owner: string) {
    this.#taken = new Map([...reserved].map((name) => [name, owner]));
  }

  ownerOf(name: string): string | undefined {
    return this.#taken.get(name);
  }

  /** `wanted`, or `wanted_2`, `wanted_3` … when `all` of the names it leads to are not free. */
  take(wanted: string, owner: string, all: (name: string) => readonly string[]): string {
    let name = wanted;
    for (let suffix = 2; all(name).some((each) => this.#taken.has(each)); suffix += 1) {
      name = `${wanted}_${suffix}`;
    }
    for (const each of all(name)) this.#taken.set(each, owner);
    return name;
  }
}

const alone = (name: string): readonly string[] => [name];

/**
 * Names for every class, by Parse Server's rules: `_User` → `User`, `user`, `users`, `createUser`.
 *
 * A class never loses its place: where two want one name, the earlier class of the catalog has it (system classes first, then by
 * name), as in Parse Server, and the other gets `_2`; a class that is named like a type generated for another class gives way too.
 * Each departure is a line of `report`.
 */
export function* planNames(
  classNames: readonly string[],
  configs: ReadonlyMap<string, ClassConfig>,
  report: string[],
): Steps<ApiNames> {
  const types = yield* takeTypeNames(classNames, report);
  const queries = new Namespace(QUERY_FIELDS, 'the API');
  const mutations = new Namespace(MUTATION_FIELDS, 'the API');
  const byClass = new Map<string, ClassNames>();
  for (const className of classNames) {
    const type = types.byClass.get(className) ?? className;
    byClass.set(className, {
      className,
      type,
      ...takeQueryNames({ className, type, queries, report, config: configs.get(className) }),
      ...takeMutationNames({ className, type, mutations, report, config: configs.get(className) }),
      payloadField: type === 'ClientMutationId' ? 'clientMutationId_2' : lowerFirst(type),
      event: types.space.take(`${type}Event`, 'the API', alone),
      orderBy: types.space.take(`${type}OrderByInput`, 'the API', alone),
      operations: types.space.take(`${type}OperationsInput`, 'the API', alone),
      bulk: undefined,
    });
    yield;
  }
  // Last, so that they take what Parse Server's names have left.
  for (const [className, names] of byClass) {
    if (className.startsWith('_')) continue;
    byClass.set(className, { ...names, bulk: takeBulkNames(names.type, types.space, mutations) });
    yield;
  }
  return {
    byClass,
    ...takeOwnFields(queries, report),
    explanation: takeExplanationNames(types.space),
    liveEvent: types.space.take('LiveEvent', 'the API', alone),
    subscriptionRoot: types.space.take('Subscription', 'the API', alone),
  };
}

/** The root fields that Parse Server's API does not have: they take what classes have left. */
function takeOwnFields(queries: Namespace, report: string[]) {
  const own = (wanted: string, purpose: string): string => {
    const owner = queries.ownerOf(wanted);
    const name = queries.take(wanted, 'the API', alone);
    if (owner !== undefined)
      report.push(`${purpose} in field ${name}: ${wanted} belongs to ${owner}`);
    return name;
  };
  return {
    nodes: own('nodes', 'objects are found by their global ids'),
    explainAccess: own('explainAccess', 'access is explained'),
  };
}

function takeExplanationNames(space: Namespace): ExplanationTypeNames {
  const namesFor = (whole: string): ExplanationTypeNames => ({
    whole,
    operation: `Operation${whole}`,
    column: `Column${whole}`,
    answer: `${whole}Answer`,
  });
  const all = (whole: string) => Object.values<string>({ ...namesFor(whole) });
  return namesFor(space.take('AccessExplanation', 'the API', all));
}

function* takeTypeNames(
  classNames: readonly string[],
  report: string[],
): Steps<{ readonly byClass: ReadonlyMap<string, string>; readonly space: Namespace }> {
  const reserved = [...BASE_TYPE_NAMES].filter((name) => name !== 'LiveEvent');
  const space = new Namespace([...reserved, ...PARSE_TYPE_NAMES], 'the API');
  const natural = classNames.map((className) => [className, naturalType(className)] as const);
  yield;
  const generatedFor = new Map<string, string>();
  for (const [className, type] of natural) {
    for (const name of generatedNames(type)) generatedFor.set(name, className);
    yield;
  }
  const byClass = new Map<string, string>();
  for (const [className, wanted] of natural) {
    const generator = generatedFor.get(wanted);
    // The suffix alone settles it: nobody generates a name that ends in `_2`.
    const start = generator === undefined ? wanted : `${wanted}_2`;
    const type = space.take(start, `class ${className}`, (name) => [name, ...generatedNames(name)]);
    byClass.set(className, type);
    yield;
    if (type === naturalTypeAsParse(className)) continue;
    const owner = generator === undefined ? space.ownerOf(wanted) : `class ${generator}`;
    report.push(
      `class "${className}" is served as type ${type}: ${wanted} belongs to ${owner ?? 'the API'}`,
    );
  }
  return { byClass, space };
}

function takeBulkNames(type: string, space: Namespace, mutations: Namespace): BulkNames {
  const plural = upperFirst(pluralOf(type));
  const ofType = (wanted: string): string => space.take(wanted, 'the API', alone);
  const root = (stem: string) => ({
    field: mutations.take(lowerFirst(stem), 'the API', alone),
    input: ofType(`${stem}Input`),
  });
  return {
    createMany: root(`CreateMany${plural}`),
    updateMany: root(`UpdateMany${plural}`),
    deleteMany: root(`DeleteMany${plural}`),
    upsert: { ...root(`Upsert${type}`), payload: ofType(`Upsert${type}Payload`) },
    item: ofType(`UpdateMany${plural}ItemInput`),
    result: ofType(`${type}WriteResult`),
    payload: ofType(`WriteMany${plural}Payload`),
  };
}

interface RootNaming {
  readonly className: string;
  readonly type: string;
  readonly config: ClassConfig | undefined;
  readonly report: string[];
}

function takeQueryNames(naming: RootNaming & { readonly queries: Namespace }) {
  const { type, config, queries } = naming;
  const single = config?.query.getAlias ?? lowerFirst(type);
  // `Data` has no plural of its own: a list named like its single object would be one field too many.
  const plural = pluralOf(type);
  const get = take(queries, single, naming);
  const natural = plural === lowerFirst(type) ? `${plural}List` : plural;
  const find = take(queries, config?.query.findAlias ?? natural, naming);
  if (config?.query.findAlias === undefined && find !== plural && find === natural) {
    naming.report.push(
      `class "${naming.className}" is listed by ${find}: its plural equals its singular`,
    );
  }
  return { get, find };
}

function takeMutationNames(naming: RootNaming & { readonly mutations: Namespace }) {
  const { type, config, mutations } = naming;
  return {
    create: take(mutations, config?.mutation.createAlias ?? `create${type}`, naming),
    update: take(mutations, config?.mutation.updateAlias ?? `update${type}`, naming),
    destroy: take(mutations, config?.mutation.destroyAlias ?? `delete${type}`, naming),
  };
}

function take(space: Namespace, wanted: string, { className, report }: RootNaming): string {
  const owner = space.ownerOf(wanted);
  const name = space.take(wanted, `class ${className}`, alone);
  if (owner !== undefined) {
    report.push(`class "${className}" is served by field ${name}: ${wanted} belongs to ${owner}`);
  }
  return name;
}

function generatedNames(type: string): readonly string[] {
  return Object.values(GENERATED_TYPES).map((nameFor) => nameFor(type));
}

/** `Team_2` → `teams_2`: the suffix stays last. */
function pluralOf(type: string): string {
  const [, stem = type, suffix = ''] = /^(.*?)(_\d+)?$/.exec(type) ?? [];
  return lowerFirst(pluralize(stem)) + suffix;
}

function naturalTypeAsParse(className: string): string {
  const name = className.startsWith('_') ? className.slice(1) : className;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** As Parse Server names it, made fit for GraphQL should the database hold a name that no Parse Server would allow. */
function naturalType(className: string): string {
  const name = naturalTypeAsParse(className).replaceAll(/[^A-Za-z0-9_]/g, '_');
  return GRAPHQL_NAME.test(name) ? name : `Class${name}`;
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
