import fc from 'fast-check';
import { buildSchema, isObjectType, printSchema, validateSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildApi } from '../../../src/api/build-api.ts';
import { OPEN_PERMISSIONS } from '../../../src/parse/class-permissions.ts';
import type { ClassCatalog, ClassSchema } from '../../../src/parse/class-schema.ts';
import type { Field } from '../../../src/parse/field-type.ts';
import { catalogOf, catalogWith } from '../../support/api-catalog.ts';
import { ApiRun } from '../../support/api-run.ts';

function rootsOf(...classNames: readonly string[]) {
  const { schema, report } = buildApi(catalogWith(...classNames));
  expect(validateSchema(buildSchema(printSchema(schema)))).toEqual([]);
  const fields = schema.getQueryType()?.getFields() ?? {};
  return {
    report,
    typeOf: (field: string) => String(fields[field]?.type ?? 'nothing'),
    mutations: Object.keys(schema.getMutationType()?.getFields() ?? {}),
    hasType: (name: string) => schema.getType(name) !== undefined,
  };
}

describe('a class has the names of Parse Server', () => {
  test.each([
    ['person', 'person: Person!', 'people: PersonConnection!'],
    ['snake_case', 'snake_case: Snake_case!', 'snake_cases: Snake_caseConnection!'],
    ['Status', 'status: Status!', 'statuses: StatusConnection!'],
    ['XMLFile', 'xMLFile: XMLFile!', 'xMLFiles: XMLFileConnection!'],
    ['Subscription', 'subscription: Subscription!', 'subscriptions: SubscriptionConnection!'],
    ['LiveEvent', 'liveEvent: LiveEvent!', 'liveEvents: LiveEventConnection!'],
    ['TeamEvent', 'teamEvent: TeamEvent!', 'teamEvents: TeamEventConnection!'],
    ['TeamOrderByInput', 'teamOrderByInput: TeamOrderByInput!'],
    ['MyConnection', 'myConnection: MyConnection!', 'myConnections: MyConnectionConnection!'],
  ])('%s', (className, ...fields) => {
    const roots = rootsOf(className);
    for (const field of fields) {
      const [name = '', type] = field.split(': ');
      expect(roots.typeOf(name)).toBe(type);
    }
    expect(roots.report).toEqual([]);
  });

  test('_User is User', () => {
    expect(rootsOf().typeOf('users')).toBe('UserConnection!');
  });
});

describe('a class whose name is taken is served under another, and the report says so', () => {
  test.each([
    // Names that made Parse Server's endpoint fail for everybody, or lose the class.
    ['ConfigValue', 'configValue_2', 'ConfigValue_2!'],
    ['LogInWithInput', 'logInWithInput_2', 'LogInWithInput_2!'],
    ['UserLoginWithInput', 'userLoginWithInput_2', 'UserLoginWithInput_2!'],
    ['ChallengePayload', 'challengePayload_2', 'ChallengePayload_2!'],
    ['SchemaField', 'schemaField_2', 'SchemaField_2!'],
    ['CreateTeamFieldsInput', 'createTeamFieldsInput_2', 'CreateTeamFieldsInput_2!'],
    ['TeamOrder', 'teamOrder_2', 'TeamOrder_2!'],
    ['TeamEdge', 'teamEdge_2', 'TeamEdge_2!'],
    ['TeamConnection', 'teamConnection_2', 'TeamConnection_2!'],
    ['Element', 'element_2', 'Element_2!'],
    ['Query', 'query_2', 'Query_2!'],
    ['Viewer', 'viewer_2', 'Viewer_2!'],
    ['Node', 'node_2', 'Node_2!'],
    ['Class', 'class_2', 'Class_2!'],
    ['String', 'string_2', 'String_2!'],
    ['Id', 'id_2', 'Id_2!'],
    ['team', 'team_2', 'Team_2!'],
    ['User', 'user_2', 'User_2!'],
    ['Health', 'health_2', 'Health!'],
  ])('%s', (className, get, object) => {
    const roots = rootsOf(className);
    expect(roots.typeOf(get)).toBe(object);
    expect(roots.typeOf('teams')).toBe('TeamConnection!');
    expect(roots.report.length).toBeGreaterThan(0);
    expect(roots.report[0]).toContain(`class "${className}"`);
    expect(roots.mutations).toContain(`create${object.slice(0, -1)}`);
  });

  test.each(['Data', 'News', 'Sheep', 'Equipment'])('%s, which has no plural', (className) => {
    const roots = rootsOf(className);
    const single = className.toLowerCase();
    expect(roots.typeOf(single)).toBe(`${className}!`);
    expect(roots.typeOf(`${single}List`)).toBe(`${className}Connection!`);
    expect(roots.report).toEqual([
      `class "${className}" is listed by ${single}List: its plural equals its singular`,
    ]);
  });

  test('Teams beside Team', () => {
    const roots = rootsOf('Teams');
    expect(roots.typeOf('teams_2')).toBe('Teams!');
    expect(roots.typeOf('teamsList')).toBe('TeamsConnection!');
    expect(roots.mutations).toContain('createTeams');
  });

  test.each([
    ['ExplainAccess', 'explainAccess', 'explainAccess_2', 'AccessExplanation'],
    ['AccessExplanation', 'accessExplanation', 'explainAccess', 'AccessExplanation_2'],
    ['AccessExplanationAnswer', 'accessExplanationAnswer', 'explainAccess', 'AccessExplanation_2'],
    ['ColumnAccessExplanation', 'columnAccessExplanation', 'explainAccess', 'AccessExplanation_2'],
  ])('%s, to which explanations of access give way', (className, get, field, type) => {
    const roots = rootsOf(className);
    expect([roots.typeOf(get), roots.typeOf(field)]).toEqual([`${className}!`, `${type}!`]);
    const report = ['access is explained in field explainAccess_2: explainAccess belongs to class'];
    expect(roots.report).toEqual(
      field === 'explainAccess' ? [] : report.map((line) => `${line} ${className}`),
    );
  });

  test('many at once, each still there', () => {
    const names = [
      'team',
      'Team_2',
      'team_2',
      'TeamOrder',
      'TeamOrder_2',
      'CreateTeamInput',
      'Teams',
      'teams',
    ];
    const { schema, report } = buildApi(catalogWith(...names));
    expect(validateSchema(buildSchema(printSchema(schema)))).toEqual([]);
    const objects = Object.values(schema.getTypeMap()).filter(
      (type) => isObjectType(type) && type.getInterfaces().length === 2,
    );
    expect(objects.length).toBe(9 + names.length);
    expect(report).toEqual(buildApi(catalogWith(...[...names].reverse())).report);
  });
});

describe('a column whose name is taken', () => {
  const catalog = catalogOf([
    { _id: 'Thing', id: 'string', OR: 'number', id_2: 'string', clientMutationId: 'string' },
  ]);

  test('is served, filtered and written under another', async () => {
    const run = new ApiRun({ catalog });
    expect(run.report).toEqual([
      'column "OR" of class "Thing" is filtered by OR_2: the name belongs to the API',
      'column "id" of class "Thing" is served as id_3: the name belongs to the API',
    ]);
    const made = (await run.data(
      'mutation { createThing(input: {fields: {id_3: "x", OR: 1, id_2: "y"}}) { thing { objectId id_3 OR id_2 } } }',
    )) as { createThing: { thing: { objectId: string } } };
    expect(made.createThing.thing).toMatchObject({ id_3: 'x', OR: 1, id_2: 'y' });
    const list =
      '{ things(where: {OR_2: {equalTo: 1}, id_3: {equalTo: "x"}}, order: [id_3_ASC, OR_DESC]) { edges { node { id_3 } } } }';
    expect(await run.data(list)).toEqual({ things: { edges: [{ node: { id_3: 'x' } }] } });
  });
});

describe('the stored GraphQL configuration', () => {
  const config = (graphqlConfig: unknown) => new ApiRun({ graphqlConfig });
  const fieldsOf = (run: ApiRun, type: string) => {
    const found = run.schema.getType(type);
    return found && 'getFields' in found ? Object.keys(found.getFields()) : undefined;
  };

  test('hides a class, and pointers to it become objects', async () => {
    const run = config({ disabledForClasses: ['Company'] });
    expect(fieldsOf(run, 'Company')).toBeUndefined();
    const { CompanyPointer } = await import('../../../src/parse/values.ts').then(({ Pointer }) => ({
      CompanyPointer: new Pointer('Company', 'c'),
    }));
    run.store.put('Team', 't', { company: CompanyPointer });
    expect(await run.data('{ team(id: "t") { company } }')).toEqual({
      team: { company: { __type: 'Pointer', className: 'Company', objectId: 'c' } },
    });
    await run.data('{ teams(where: {company: {exists: true}}) { count } }');
    expect(run.store.calls.at(-1)?.request).toMatchObject({
      where: { kind: 'exists', column: { name: 'company', path: [] }, exists: true },
    });
    expect(
      Object.keys(
        config({ enabledForClasses: ['Team'] })
          .schema.getQueryType()
          ?.getFields() ?? {},
      ).sort(),
    ).toEqual([
      'class',
      'classes',
      'cloudConfig',
      'explainAccess',
      'health',
      'node',
      'nodes',
      'team',
      'teams',
    ]);
  });

  test('chooses columns, roots and aliases', () => {
    const run = config({
      classConfigs: [
        {
          className: 'Team',
          type: {
            inputFields: { create: ['name'], update: ['budget'] },
            outputFields: ['name'],
            constraintFields: ['budget'],
            sortFields: [{ field: 'budget', asc: true, desc: false }],
          },
          query: { get: true, find: true, getAlias: 'squad', findAlias: 'squads' },
          mutation: { create: true, update: false, destroy: false, createAlias: 'found' },
        },
      ],
    });
    expect(fieldsOf(run, 'Team')).toEqual([
      'id',
      'objectId',
      'createdAt',
      'updatedAt',
      'ACL',
      'name',
    ]);
    expect(fieldsOf(run, 'CreateTeamFieldsInput')).toEqual(['ACL', 'name']);
    expect(fieldsOf(run, 'UpdateTeamFieldsInput')).toEqual(['ACL', 'budget']);
    expect(fieldsOf(run, 'TeamWhereInput')).toEqual(['budget', 'OR', 'AND', 'NOR', 'NOT']);
    expect(fieldsOf(run, 'Query')).toEqual(expect.arrayContaining(['squad', 'squads']));
    expect(fieldsOf(run, 'Query')).not.toContain('teams');
    expect(fieldsOf(run, 'Mutation')).toContain('found');
    expect(fieldsOf(run, 'Mutation')).not.toContain('deleteTeam');
  });

  test.each([
    [
      'text',
      'the stored GraphQL configuration is ignored: the GraphQL configuration is not an object',
    ],
    [
      { enabledForClasses: 'Team' },
      'the stored GraphQL configuration is ignored: enabledForClasses is not a list of names',
    ],
    [
      { classConfigs: {} },
      'the stored GraphQL configuration is ignored: classConfigs is not a list',
    ],
    [
      { classConfigs: [7] },
      'a part of the stored GraphQL configuration is ignored: classConfigs[0] is not an object',
    ],
    [
      { classConfigs: [{ className: 'Team', query: { getAlias: 'a-b' } }] },
      'a part of the stored GraphQL configuration is ignored: Team.query.getAlias is not a GraphQL name',
    ],
    [
      { classConfigs: [{ className: 'Team', mutation: { create: 'no' } }] },
      'a part of the stored GraphQL configuration is ignored: Team.mutation.create is neither true nor false',
    ],
  ])('that is malformed is reported and ignored: %j', (graphqlConfig, line) => {
    const run = config(graphqlConfig);
    expect(run.report).toEqual([line]);
    expect(fieldsOf(run, 'Query')).toContain('teams');
  });

  test('keeps aliases apart that want one name', () => {
    const alias = (className: string) => ({ className, query: { findAlias: 'all' } });
    const run = config({ classConfigs: [alias('Team'), alias('Company')] });
    expect(fieldsOf(run, 'Query')).toEqual(expect.arrayContaining(['all', 'all_2']));
    expect(run.report).toEqual([
      'class "Team" is served by field all_2: all belongs to class Company',
    ]);
  });
});

test('no catalog, however odd its names, makes an invalid schema or loses a class', () => {
  const words = [
    'Team',
    'team',
    'Teams',
    'User',
    'Query',
    'Mutation',
    'Subscription',
    'Node',
    'File',
    'Date',
    'Any',
    'Element',
    'ExplainAccess',
    'AccessExplanation',
  ];
  const marks = [
    '',
    'Order',
    'Edge',
    'Connection',
    'Input',
    'Event',
    '_2',
    's',
    'WhereInput',
    'FieldsInput',
    'Payload',
    'Answer',
    ' é$',
    '-',
    '__',
  ];
  const name = fc
    .tuple(
      fc.constantFrom('', 'Create', 'Update', '_', '__', '9'),
      fc.constantFrom(...words),
      fc.constantFrom(...marks),
    )
    .map((parts) => parts.join(''));
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 25 });
  const columns = fc.uniqueArray(
    fc.constantFrom(
      'id',
      'ACL_ASC',
      'OR',
      'OR_2',
      'password',
      'a-b',
      '__typename',
      'length',
      'node',
      'x_DESC',
      'x',
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(names, columns, (classNames, columnNames) => {
      const catalog = oddCatalog(classNames, columnNames);
      const { schema } = buildApi(catalog);
      expect(
        validateSchema(buildSchema(printSchema(schema))).map(({ message }) => message),
      ).toEqual([]);
      const finds = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
      expect(finds.length).toBe(classNames.length);
    }),
    { numRuns: 60 },
  );
});

function oddCatalog(classNames: readonly string[], columnNames: readonly string[]): ClassCatalog {
  const fields = new Map(
    columnNames.map((name): [string, Field] => [
      name,
      { name, type: { kind: 'String' }, isRequired: false, defaultValue: undefined },
    ]),
  );
  const classes = classNames.map((className): [string, ClassSchema] => [
    className,
    { className, fields, permissions: OPEN_PERMISSIONS, indexes: new Map() },
  ]);
  return { classes: new Map(classes), version: 'odd' };
}
