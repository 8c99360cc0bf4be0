/** What is asked of a class after each change. */
export const DESCRIBED =
  '{ class { name schemaFields { name __typename ... on SchemaPointerField { targetClassName } ... on SchemaRelationField { targetClassName } } } clientMutationId }';

const create = (name: string, fields = ''): string =>
  `mutation { it: createClass(input: { name: "${name}", schemaFields: { ${fields} }, clientMutationId: "c1" }) ${DESCRIBED} }`;
const update = (name: string, fields = ''): string =>
  `mutation { it: updateClass(input: { name: "${name}", schemaFields: { ${fields} } }) ${DESCRIBED} }`;
const destroy = (name: string): string =>
  `mutation { it: deleteClass(input: { name: "${name}" }) ${DESCRIBED} }`;

const everyKind = `
  addStrings: [{ name: "str" }, { name: "str2" }], addNumbers: [{ name: "num" }], addBooleans: [{ name: "boo" }],
  addArrays: [{ name: "arr" }], addObjects: [{ name: "obj" }], addDates: [{ name: "dat" }], addFiles: [{ name: "fil" }],
  addGeoPoint: { name: "geo" }, addPolygons: [{ name: "pol" }], addBytes: [{ name: "byt" }],
  addPointers: [{ name: "ptr", targetClassName: "_User" }, { name: "far", targetClassName: "Nowhere" }],
  addRelations: [{ name: "rel", targetClassName: "_Role" }]`;

/** Documents that both are sent in turn; everything they answer and store is compared after each. */
export const FLOOR_CASES: readonly {
  readonly title: string;
  readonly documents: readonly string[];
}[] = [
  { title: 'makes a class with every kind of column', documents: [create('Every', everyKind)] },
  {
    title: 'makes an empty class, and adds every kind of column',
    documents: [
      'mutation { createClass(input: { name: "Plain" }) { class { name } } }',
      update('Plain', everyKind),
    ],
  },
  {
    title: 'removes columns of every kind',
    documents: [
      create('Every', everyKind),
      update(
        'Every',
        'remove: [{ name: "str" }, { name: "ptr" }, { name: "rel" }, { name: "geo" }, { name: "nosuch" }]',
      ),
    ],
  },
  {
    title: 'replaces the one GeoPoint, and refuses a second',
    documents: [
      create('Geo', 'addGeoPoint: { name: "a" }'),
      update('Geo', 'addGeoPoint: { name: "b" }'),
      update('Geo', 'addGeoPoint: { name: "b" }, remove: [{ name: "a" }]'),
    ],
  },
  {
    title: 'passes over a column that is added and removed at once',
    documents: [
      create('Both', 'addStrings: [{ name: "a" }], remove: [{ name: "a" }]'),
      update('Both', 'addStrings: [{ name: "a" }], remove: [{ name: "a" }]'),
    ],
  },
  {
    title: 'refuses a class that exists, and names that are none',
    documents: [
      create('Twice'),
      create('Twice'),
      ...[
        '1x',
        '',
        'a b',
        'a.b',
        'length',
        'className',
        '_Foo',
        '_Hooks',
        '_Idempotency',
        '_User',
        'constructor',
        'toString',
        '__proto__',
      ].map((name) => create(name)),
    ],
  },
  {
    title: 'refuses columns that are none, exist, or are Parse’s own',
    documents: [
      ...[
        '1x',
        '',
        'a b',
        'length',
        'className',
        '_x',
        'constructor',
        '__proto__',
        'objectId',
        'ACL',
        'createdAt',
        'updatedAt',
      ].map((name) => create('Bad', `addStrings: [{ name: "${name}" }]`)),
      create('Bad', 'addStrings: [{ name: "a" }], addNumbers: [{ name: "a" }]'),
      create('Good', 'addStrings: [{ name: "a" }]'),
      ...['1x', 'a', 'length', 'objectId', 'ACL'].map((name) =>
        update('Good', `addStrings: [{ name: "${name}" }]`),
      ),
      ...['objectId', 'ACL', 'createdAt'].map((name) =>
        update('Good', `remove: [{ name: "${name}" }]`),
      ),
      ...['username', 'password', 'authData', 'email'].map((name) =>
        update('_User', `addStrings: [{ name: "${name}" }]`),
      ),
      update('_User', 'remove: [{ name: "username" }]'),
      update('_Role', 'remove: [{ name: "users" }]'),
    ],
  },
  {
    title: 'refuses targets that are no class name',
    documents: ['', '1x', 'a b', '_Foo', '_Hooks'].flatMap((target) => [
      create('Target', `addPointers: [{ name: "p", targetClassName: "${target}" }]`),
      create('Target', `addRelations: [{ name: "p", targetClassName: "${target}" }]`),
    ]),
  },
  {
    title: 'does not find what does not exist',
    documents: [
      update('Missing'),
      destroy('Missing'),
      destroy(''),
      update('_Hooks', 'addStrings: [{ name: "a" }]'),
    ],
  },
  {
    title: 'changes and deletes',
    documents: [
      create('Gone', everyKind),
      destroy('Gone'),
      destroy('Gone'),
      create('Gone', 'addStrings: [{ name: "s" }]'),
    ],
  },
  {
    title: 'changes classes of Parse’s own',
    documents: [
      update(
        '_User',
        'addStrings: [{ name: "nick" }], addRelations: [{ name: "friends", targetClassName: "_User" }]',
      ),
      update('_User', 'remove: [{ name: "nick" }, { name: "friends" }]'),
      create('_Product', 'addStrings: [{ name: "extra" }]'),
      create('_Installation'),
      update('_Product', 'remove: [{ name: "extra" }]'),
      destroy('_Product'),
    ],
  },
];

/** What Parse Server offers by REST alone, beside the gateway's inputs for it. */
export interface RestCase {
  readonly title: string;
  readonly steps: readonly {
    readonly rest: readonly ['POST' | 'PUT' | 'DELETE', object?];
    readonly input: object;
    /** Where the gateway answers otherwise on purpose: Parse's code here. */
    readonly code?: number;
  }[];
}

const field = (type: string, more: object = {}) => ({ type, ...more });
const pointer = (targetClass: string, more: object = {}) => ({
  type: 'Pointer',
  targetClass,
  ...more,
});
const date = { __type: 'Date', iso: '2020-01-02T03:04:05.678Z' };
const owner = { owner: pointer('_User'), editors: field('Array'), title: field('String') };
const ownerInput = {
  addPointers: [{ name: 'owner', targetClassName: '_User' }],
  addArrays: [{ name: 'editors' }],
  addStrings: [{ name: 'title' }],
};
const permissions = {
  find: { '*': true },
  get: { requiresAuthentication: true },
  count: { 'role:Editors': true, abc123: true },
  create: {},
  update: { pointerFields: ['owner', 'editors'] },
  delete: {},
  addField: {},
  readUserFields: ['owner'],
  writeUserFields: ['editors'],
  protectedFields: {
    '*': ['title'],
    authenticated: [],
    'role:Editors': ['editors'],
    abc123: [],
    'userField:owner': [],
  },
  ACL: {
    '*': { read: true },
    currentUser: { read: true, write: true },
    'role:Editors': { write: false },
  },
};

export const REST_CASES: readonly RestCase[] = [
  {
    title: 'required columns and default values of every kind',
    steps: [
      {
        rest: [
          'POST',
          {
            fields: {
              s: field('String', { required: true, defaultValue: 'x' }),
              n: field('Number', { defaultValue: 0 }),
              b: field('Boolean', { defaultValue: false }),
              a: field('Array', { defaultValue: [1, 'two', date] }),
              o: field('Object', { defaultValue: { deep: { list: [null] } } }),
              d: field('Date', { defaultValue: date }),
              g: field('GeoPoint', {
                defaultValue: { __type: 'GeoPoint', latitude: 1.5, longitude: 2 },
              }),
              y: field('Bytes', { defaultValue: { __type: 'Bytes', base64: 'AQID' } }),
              f: field('File', { defaultValue: { __type: 'File', name: 'a.txt' } }),
              l: field('Polygon', {
                defaultValue: {
                  __type: 'Polygon',
                  coordinates: [
                    [0, 0],
                    [0, 5],
                    [5, 5],
                    [0, 0],
                  ],
                },
              }),
              p: pointer('_User', {
                required: true,
                defaultValue: { __type: 'Pointer', className: '_User', objectId: 'u1' },
              }),
              r: pointer('Far', { required: true }),
            },
          },
        ],
        input: {
          schemaFields: {
            addStrings: [{ name: 's', required: true, defaultValue: 'x' }],
            addNumbers: [{ name: 'n', defaultValue: 0 }],
            addBooleans: [{ name: 'b', defaultValue: false }],
            addArrays: [{ name: 'a', defaultValue: [1, 'two', date] }],
            addObjects: [{ name: 'o', defaultValue: { deep: { list: [null] } } }],
            addDates: [{ name: 'd', defaultValue: date.iso }],
            addGeoPoint: { name: 'g', defaultValue: { latitude: 1.5, longitude: 2 } },
            addBytes: [{ name: 'y', defaultValue: 'AQID' }],
            addFiles: [{ name: 'f', defaultValue: 'a.txt' }],
            addPolygons: [
              {
                name: 'l',
                defaultValue: [
                  { latitude: 0, longitude: 0 },
                  { latitude: 0, longitude: 5 },
                  { latitude: 5, longitude: 5 },
                ],
              },
            ],
            addPointers: [
              { name: 'p', targetClassName: '_User', required: true, defaultValue: 'u1' },
              { name: 'r', targetClassName: 'Far', required: true },
            ],
          },
        },
      },
      {
        rest: [
          'PUT',
          {
            fields: {
              s: field('String', { required: true }),
              n: field('Number', { defaultValue: 7 }),
              b: field('Boolean', { required: true, defaultValue: false }),
              d: field('Date'),
            },
          },
        ],
        input: {
          schemaFields: {
            changeOptions: [
              { name: 's', defaultValue: null },
              { name: 'n', defaultValue: 7 },
              { name: 'b', required: true },
              { name: 'd', defaultValue: null },
            ],
          },
        },
      },
      {
        rest: [
          'PUT',
          {
            fields: {
              n2: field('Number', { required: true, defaultValue: 1 }),
              s: { __op: 'Delete' },
            },
          },
        ],
        input: {
          schemaFields: {
            addNumbers: [{ name: 'n2', required: true, defaultValue: 1 }],
            remove: [{ name: 's' }],
          },
        },
      },
      ...[1, { __type: 'Date', iso: 'x' }, true, {}].map((defaultValue) => ({
        rest: ['PUT', { fields: { s2: field('String', { defaultValue }) } }] as const,
        input: { schemaFields: { changeOptions: [{ name: 'r', defaultValue }] } },
      })),
      {
        rest: [
          'PUT',
          { fields: { q: { type: 'Relation', targetClass: '_User', defaultValue: date } } },
        ],
        input: {
          schemaFields: {
            addRelations: [{ name: 'q', targetClassName: '_User' }],
            changeOptions: [{ name: 'q', required: true }],
          },
        },
      },
    ],
  },
  {
    title: 'class-level permissions',
    steps: [
      {
        rest: ['POST', { fields: owner, classLevelPermissions: permissions }],
        input: { schemaFields: ownerInput, classLevelPermissions: permissions },
      },
      {
        rest: ['PUT', { classLevelPermissions: { find: { '*': true } } }],
        input: { classLevelPermissions: { find: { '*': true } } },
      },
      { rest: ['PUT', { classLevelPermissions: {} }], input: { classLevelPermissions: {} } },
      {
        rest: [
          'PUT',
          {
            classLevelPermissions: { protectedFields: { '*': ['fresh'] } },
            fields: { fresh: field('Number') },
          },
        ],
        input: {
          classLevelPermissions: { protectedFields: { '*': ['fresh'] } },
          schemaFields: { addNumbers: [{ name: 'fresh' }] },
        },
      },
      ...[
        { find: { '*': 1 } },
        { find: { '*': false } },
        { find: true },
        { find: { 'a.b': true } },
        { find: { pointerFields: 'owner' } },
        { find: { pointerFields: ['title'] } },
        { find: { pointerFields: ['nosuch'] } },
        { fly: {} },
        { __proto__x: {} },
        { readUserFields: 'owner' },
        { writeUserFields: ['title'] },
        { protectedFields: { '*': 'title' } },
        { protectedFields: { '*': ['nosuch'] } },
        { protectedFields: { '*': ['objectId'] } },
        { protectedFields: { 'a b': [] } },
        { ACL: { '*': true } },
        { ACL: { '*': { fly: true } } },
        { ACL: { '*': { read: 1 } } },
        { ACL: { 'a b': { read: true } } },
      ].map((classLevelPermissions) => ({
        rest: ['PUT', { classLevelPermissions }] as const,
        input: { classLevelPermissions },
      })),
    ],
  },
  {
    title: 'indexes',
    steps: [
      {
        rest: ['POST', { fields: owner, indexes: { title_1: { title: 1 } } }],
        input: {
          schemaFields: ownerInput,
          indexes: { add: [{ name: 'title_1', keys: [{ field: 'title' }] }] },
        },
      },
      {
        rest: ['PUT', { indexes: { both: { _p_owner: 1, title: -1 } } }],
        input: {
          indexes: {
            add: [
              {
                name: 'both',
                keys: [
                  { field: 'owner', kind: 'ASC' },
                  { field: 'title', kind: 'DESC' },
                ],
              },
            ],
          },
        },
      },
      {
        rest: ['PUT', { indexes: { title_1: { __op: 'Delete' }, words: { title: 'text' } } }],
        input: {
          indexes: {
            remove: ['title_1'],
            add: [{ name: 'words', keys: [{ field: 'title', kind: 'TEXT' }] }],
          },
        },
      },
      {
        rest: ['PUT', { indexes: { both: { title: 1 } } }],
        input: { indexes: { add: [{ name: 'both', keys: [{ field: 'title' }] }] } },
      },
      {
        rest: ['PUT', { indexes: { nosuch: { __op: 'Delete' } } }],
        input: { indexes: { remove: ['nosuch'] } },
      },
      {
        rest: ['PUT', { indexes: { bad: { nosuch: 1 } } }],
        input: { indexes: { add: [{ name: 'bad', keys: [{ field: 'nosuch' }] }] } },
      },
      {
        rest: ['PUT', { fields: { area: field('Polygon') } }],
        input: { schemaFields: { addPolygons: [{ name: 'area' }] } },
      },
    ],
  },
];
