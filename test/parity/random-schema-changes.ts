import fc from 'fast-check';

const classNames = ['Alpha', 'Beta', 'alpha', '_Product', '_User', '1bad', 'length'];
const fieldNames = [
  'a',
  'b',
  'c',
  'place',
  'objectId',
  'username',
  'title',
  'x y',
  'length',
  'ACL',
];
const plainKinds = [
  'Strings',
  'Numbers',
  'Booleans',
  'Arrays',
  'Objects',
  'Dates',
  'Files',
  'Polygons',
  'Bytes',
];

// Most of what is asked for can be done: the first names come up more often.
const mostly = (values: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...values.slice(0, 3)), weight: 5 },
    { arbitrary: fc.constantFrom(...values), weight: 1 },
  );

const named = fc.record({ name: mostly(fieldNames) });
const reference = fc.record({
  name: mostly(fieldNames),
  targetClassName: mostly(['_User', 'Beta', 'Nowhere', '', '1bad']),
});
const additions = fc.oneof(
  fc.tuple(
    fc.constantFrom(...plainKinds.map((kind) => `add${kind}`)),
    fc.array(named, { minLength: 1, maxLength: 2 }),
  ),
  fc.tuple(
    fc.constantFrom('addPointers', 'addRelations'),
    fc.array(reference, { minLength: 1, maxLength: 2 }),
  ),
  fc.tuple(fc.constant('addGeoPoint'), named),
  fc.tuple(fc.constant('remove'), fc.array(named, { minLength: 1, maxLength: 3 })),
);
const schemaFields = fc
  .array(additions, { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries) as Readonly<Record<string, unknown>>);

/** One mutation of a class, in the words that Parse Server's API knows. */
export interface RandomSchemaChange {
  readonly mutation: 'createClass' | 'updateClass' | 'deleteClass';
  readonly input: Readonly<Record<string, unknown>>;
}

const change: fc.Arbitrary<RandomSchemaChange> = fc.oneof(
  {
    arbitrary: fc
      .record({ name: mostly(classNames), schemaFields })
      .map((input) => ({ mutation: 'createClass' as const, input })),
    weight: 2,
  },
  {
    arbitrary: fc
      .record({ name: mostly(classNames), schemaFields })
      .map((input) => ({ mutation: 'updateClass' as const, input })),
    weight: 5,
  },
  // Parse Server also deletes the class of users.
  {
    arbitrary: fc
      .record({ name: mostly(classNames.filter((name) => name !== '_User')) })
      .map((input) => ({ mutation: 'deleteClass' as const, input })),
    weight: 1,
  },
);

/** The same sequences for the same seed. */
export function randomSchemaChanges(
  seed: number,
  count: number,
): readonly (readonly RandomSchemaChange[])[] {
  return fc.sample(fc.array(change, { minLength: 3, maxLength: 6 }), { seed, numRuns: count });
}
