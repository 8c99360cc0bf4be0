import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import type { Field, FieldKind } from '../../parse/field-type.ts';

/** Everything the API calls one class by. */
export interface ClassNames {
  readonly className: string;
  /** The object type; the names of generated types are made from it. */
  readonly type: string;
  readonly get: string;
  readonly find: string;
  readonly create: string;
  readonly update: string;
  readonly destroy: string;
  /** The object's field in a mutation's payload. */
  readonly payloadField: string;
  /** The type of a subscription's events. */
  readonly event: string;
  /** The input that orders by columns of pointers' targets. */
  readonly orderBy: string;
  /** The input of changes that the database makes. */
  readonly operations: string;
  /** Of classes that apps make; Parse's own have rules that ask for one object at a time. */
  readonly bulk: BulkNames | undefined;
}

/** What several objects of a class are written by. */
export interface BulkNames {
  readonly createMany: { readonly field: string; readonly input: string };
  readonly updateMany: { readonly field: string; readonly input: string };
  readonly deleteMany: { readonly field: string; readonly input: string };
  readonly upsert: { readonly field: string; readonly input: string; readonly payload: string };
  /** One change of an `updateMany`. */
  readonly item: string;
  /** What became of one item, and of all. */
  readonly result: string;
  readonly payload: string;
}

export interface ApiNames {
  readonly byClass: ReadonlyMap<string, ClassNames>;
  /** The enum of event kinds and the subscription root: renamed when a class bears their name. */
  readonly liveEvent: string;
  readonly subscriptionRoot: string;
  /** The field that finds objects by global ids; Parse Server has none, so it gives way to classes. */
  readonly nodes: string;
  /** The field that explains access and the types of its answer, which give way, too. */
  readonly explainAccess: string;
  readonly explanation: ExplanationTypeNames;
}

/** The object types and the enum of an explanation of access. */
export interface ExplanationTypeNames {
  readonly whole: string;
  readonly operation: string;
  readonly column: string;
  readonly answer: string;
}

/** A column as the API shows it. */
export interface FieldPlan {
  readonly field: Field;
  /** Its name in outputs, inputs and order values. */
  readonly name: string;
  /** Its name in where inputs. */
  readonly whereName: string;
  /** The column's kind; a pointer or relation to a class that is not served is shown as `Object`. */
  readonly kind: FieldKind;
  /** The served class a pointer or relation leads to. */
  readonly targetClass: string | undefined;
}

/** One value of an order enum: `name_ASC`. */
export interface OrderPlan {
  readonly value: string;
  /** The column, or `undefined` when rows cannot be ordered by it (ACL, relations, the password). */
  readonly column: string | undefined;
  readonly direction: 'ascending' | 'descending';
}

/** What the API shows of one class. */
export interface ClassPlan {
  readonly schema: ClassSchema;
  readonly names: ClassNames;
  /** Every column by the name of its output. */
  readonly output: ReadonlyMap<string, FieldPlan>;
  readonly create: ReadonlyMap<string, FieldPlan>;
  readonly update: ReadonlyMap<string, FieldPlan>;
  /** Columns that the database can change by itself, by their name in an update. */
  readonly operations: ReadonlyMap<string, FieldPlan>;
  readonly hasOperations: boolean;
  /** Columns that a where input offers, by their name there; base columns are in `baseWhere`. */
  readonly where: ReadonlyMap<string, FieldPlan>;
  readonly hasBaseWhere: boolean;
  /** The where input's negation: `NOT`, unless a column has that name. */
  readonly notName: string;
  readonly order: readonly OrderPlan[];
  /** The pointers that lists may be ordered through, by a column of the objects they lead to; by their name. */
  readonly orderPointers: ReadonlyMap<string, FieldPlan>;
  /** What stands beside them for a column of the class itself: `self`, unless a column has that name. */
  readonly selfName: string;
  readonly roots: {
    readonly get: boolean;
    readonly find: boolean;
    readonly create: boolean;
    readonly update: boolean;
    readonly destroy: boolean;
  };
  /** Renamed columns and columns that are not served, one sentence each. */
  readonly report: readonly string[];
}

/** A pointer column seen from the class it leads to: `company.employees`. */
export interface InversePlan {
  /** The field of the class that is pointed to. */
  readonly name: string;
  /** The class that points. */
  readonly sourceClass: string;
  /** Its pointer column. */
  readonly field: string;
}

/** The pointers that lead to one class, and what they were planned from. */
export interface InverseOfClass {
  readonly fields: readonly InversePlan[];
  /** Names not as expected, one sentence each. */
  readonly report: readonly string[];
  readonly target: ClassPlan;
  /** The classes that point here, in the catalog's order. */
  readonly sources: readonly ClassPlan[];
}

/** What the API shows of one catalog: decided once, read by every builder and resolver. */
export interface ApiPlan {
  readonly catalog: ClassCatalog;
  /** The stored GraphQL configuration, as it was given. */
  readonly graphqlConfig: unknown;
  /** In the catalog's order. */
  readonly classes: ReadonlyMap<string, ClassPlan>;
  /** The pointers that lead to a class, by that class. */
  readonly inverse: ReadonlyMap<string, InverseOfClass>;
  /** By object type name. */
  readonly byType: ReadonlyMap<string, ClassPlan>;
  readonly names: ApiNames;
  /** The names, and which of them are not as expected. */
  readonly naming: { readonly names: ApiNames; readonly report: readonly string[] };
  /** Renames and ignored settings, one sentence each. */
  readonly report: readonly string[];
}

/** The column of `_User` that is written, never read nor stored under its name. */
export const PASSWORD: Field = {
  name: 'password',
  type: { kind: 'String' },
  isRequired: false,
  defaultValue: undefined,
};
