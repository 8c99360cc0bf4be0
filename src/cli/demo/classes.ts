import type {
  ClassOperation,
  ClassPermissions,
  OperationRule,
} from '../../parse/class-permissions.ts';
import { NOBODY, OPEN_PERMISSIONS } from '../../parse/class-permissions.ts';
import type { ClassSchema } from '../../parse/class-schema.ts';
import type { Field, FieldKind, FieldType, ReferenceKind } from '../../parse/field-type.ts';
import { defaultColumns } from '../../parse/system-classes.ts';

type PlainKind = Exclude<FieldKind, ReferenceKind>;

/** Everybody reads; editors and above write; administrators delete; nobody adds columns. */
const readByAllWrittenByEditors = permissions({
  create: only('role:Editor'),
  update: only('role:Editor'),
  delete: only('role:Admin'),
});

/** Everybody reads and changes what the objects' own ACLs allow; a new note needs a session. */
const readByAllWrittenByUsers = permissions({
  create: { ...NOBODY, requiresAuthentication: true },
});

/** The classes of the demo, system classes included, as Parse Server would declare them. */
export const DEMO_CLASSES: readonly ClassSchema[] = [
  classSchema('Country', readByAllWrittenByEditors, {
    fields: [
      required('name', 'String'),
      ...plain({
        officialName: 'String',
        nativeNames: 'Object',
        alpha2: 'String',
        alpha3: 'String',
        numericCode: 'String',
        region: 'String',
        subregion: 'String',
        capitals: 'Array',
        location: 'GeoPoint',
        area: 'Number',
        isIndependent: 'Boolean',
        isLandlocked: 'Boolean',
        isUnMember: 'Boolean',
        flag: 'String',
        domains: 'Array',
        callingCodes: 'Array',
        otherNames: 'Array',
        translations: 'Object',
        demonyms: 'Object',
      }),
      pointer('capital', 'City'),
      pointer('currency', 'Currency'),
      relation('borders', 'Country'),
      relation('languages', 'Language'),
      relation('currencies', 'Currency'),
    ],
    indexes: {
      name_1: { name: 1 },
      alpha2_1: { alpha2: 1 },
      location_2dsphere: { location: '2dsphere' },
    },
  }),
  classSchema('City', readByAllWrittenByEditors, {
    fields: [
      required('name', 'String'),
      ...plain({
        location: 'GeoPoint',
        population: 'Number',
        kind: 'String',
        adminCode: 'String',
        geonameId: 'Number',
      }),
      pointer('country', 'Country'),
    ],
    indexes: {
      name_1: { name: 1 },
      population_1: { population: 1 },
      _p_country_1_population_1: { _p_country: 1, population: 1 },
      location_2dsphere: { location: '2dsphere' },
    },
  }),
  classSchema('Language', readByAllWrittenByEditors, {
    fields: [required('name', 'String'), ...plain({ code: 'String', otherNames: 'Array' })],
    indexes: { code_1: { code: 1 } },
  }),
  classSchema('Currency', readByAllWrittenByEditors, {
    fields: [required('name', 'String'), ...plain({ code: 'String', symbol: 'String' })],
    indexes: { code_1: { code: 1 } },
  }),
  classSchema('TravelNote', readByAllWrittenByUsers, {
    fields: [
      required('title', 'String'),
      ...plain({
        text: 'String',
        visitedAt: 'Date',
        rating: 'Number',
        isFavourite: 'Boolean',
        tags: 'Array',
        details: 'Object',
      }),
      pointer('city', 'City'),
      pointer('author', '_User'),
    ],
    indexes: { _p_city_1: { _p_city: 1 }, _p_author_1: { _p_author: 1 } },
  }),
  classSchema('_User', OPEN_PERMISSIONS, { fields: [], indexes: {} }),
  classSchema('_Role', OPEN_PERMISSIONS, { fields: [], indexes: {} }),
  classSchema('_Session', OPEN_PERMISSIONS, {
    fields: [],
    indexes: { _session_token_1: { _session_token: 1 } },
  }),
];

function classSchema(
  className: string,
  permissions: ClassPermissions,
  own: {
    readonly fields: readonly Field[];
    readonly indexes: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  },
): ClassSchema {
  const defaults = Object.entries(defaultColumns(className)).map(([name, type]) =>
    field(name, type),
  );
  const fields = [...defaults, ...own.fields].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    className,
    permissions,
    fields: new Map(fields.map((column) => [column.name, column])),
    indexes: new Map(Object.entries({ _id_: { _id: 1 }, ...own.indexes })),
  };
}

function permissions(operations: Partial<Record<ClassOperation, OperationRule>>): ClassPermissions {
  return {
    ...OPEN_PERMISSIONS,
    operations: { ...OPEN_PERMISSIONS.operations, addField: NOBODY, ...operations },
    protectedFields: new Map([['*', new Set<string>()]]),
  };
}

function only(subject: string): OperationRule {
  return { ...NOBODY, subjects: new Set([subject]) };
}

function field(name: string, type: FieldType, isRequired = false): Field {
  return { name, type, isRequired, defaultValue: undefined };
}

function plain(kinds: Readonly<Record<string, PlainKind>>): readonly Field[] {
  return Object.entries(kinds).map(([name, kind]) => field(name, { kind }));
}

function required(name: string, kind: PlainKind): Field {
  return field(name, { kind }, true);
}

function pointer(name: string, targetClass: string): Field {
  return field(name, { kind: 'Pointer', targetClass });
}

function relation(name: string, targetClass: string): Field {
  return field(name, { kind: 'Relation', targetClass });
}
