import { isDeepStrictEqual } from 'node:util';
import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import type { FieldKind, FieldType } from '../../parse/field-type.ts';
import type { Steps } from '../steps.ts';
import { reservedNames } from './reserved-names.ts';
import {
  type ApiPlan,
  type ClassNames,
  type ClassPlan,
  type FieldPlan,
  type OrderPlan,
  PASSWORD,
} from './api-plan.ts';
import { type GraphqlConfig, parseGraphqlConfig } from './graphql-config.ts';
import { planNames } from './names.ts';
import { planInverse } from './plan-inverse.ts';
import { planOrder, planOrderPointers } from './plan-order.ts';

const NOT = 'NOT';
const SELF = 'self';
const WHERE_WORDS = ['OR', 'AND', 'NOR'];
const OPERATED_KINDS: ReadonlySet<FieldKind> = new Set(['Number', 'Date', 'Array', 'Object']);
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/**
 * Decides names and visible columns of every class. Pure; never throws for a catalog, however odd. What a plan of before holds for
 * classes that are as they were is taken over, so that one changed class costs one.
 */
export function* planApi(
  catalog: ClassCatalog,
  graphqlConfig: unknown,
  before?: ApiPlan,
): Steps<ApiPlan> {
  const known = before?.graphqlConfig === graphqlConfig ? before : undefined;
  const configReport: string[] = [];
  const config = parseGraphqlConfig(graphqlConfig, configReport);
  const served = [...catalog.classes.values()].filter((schema) =>
    config.isEnabled(schema.className),
  );
  const isNamedAlike = known !== undefined && isOf(known.classes, served);
  const naming = isNamedAlike ? known.naming : yield* nameClasses(served, config);
  const { byClass } = naming.names;
  const classes = new Map<string, ClassPlan>();
  for (const schema of served) {
    const names = byClass.get(schema.className);
    if (names === undefined) continue;
    const plan = known?.classes.get(schema.className);
    const isKnown =
      known !== undefined &&
      plan?.schema === schema &&
      isDeepStrictEqual(plan.names, names) &&
      (isNamedAlike || leadsToSame(schema, known.classes, byClass));
    const planning = { schema, names, config, served: byClass };
    classes.set(schema.className, isKnown ? plan : planClass(planning));
    yield;
  }
  const byType = new Map([...classes.values()].map((plan) => [plan.names.type, plan]));
  yield;
  const inverse = yield* planInverse(classes, config, known?.inverse);
  return {
    catalog,
    graphqlConfig,
    classes,
    byType,
    inverse,
    names: naming.names,
    naming,
    report: [
      ...configReport,
      ...naming.report,
      ...[...classes.values()].flatMap(({ report }) => report),
      ...[...inverse.values()].flatMap(({ report }) => report),
    ],
  };
}

/** How users log in is checked and stored by rules of its own. */
function operationsOf(
  update: ReadonlyMap<string, FieldPlan>,
  { className }: ClassSchema,
): ReadonlyMap<string, FieldPlan> {
  return new Map(
    [...update].filter(
      ([, { kind, field }]) =>
        OPERATED_KINDS.has(kind) && !(className === '_User' && field.name === 'authData'),
    ),
  );
}

function* nameClasses(
  served: readonly ClassSchema[],
  config: GraphqlConfig,
): Steps<ApiPlan['naming']> {
  const report: string[] = [];
  const classNames = served.map(({ className }) => className);
  const names = yield* planNames(classNames, config.classes, report);
  return { names, report };
}

function isOf(classes: ReadonlyMap<string, ClassPlan>, served: readonly ClassSchema[]): boolean {
  return classes.size === served.length && served.every(({ className }) => classes.has(className));
}

/** A pointer to a class that has come or gone is shown otherwise. */
function leadsToSame(
  { fields }: ClassSchema,
  before: ReadonlyMap<string, unknown>,
  served: ReadonlyMap<string, unknown>,
): boolean {
  return [...fields.values()].every(
    ({ type }) =>
      !('targetClass' in type) || before.has(type.targetClass) === served.has(type.targetClass),
  );
}

interface ClassPlanning {
  readonly schema: ClassSchema;
  readonly names: ClassNames;
  readonly config: GraphqlConfig;
  readonly served: ReadonlyMap<string, unknown>;
}

function planClass({ schema, names, config, served }: ClassPlanning): ClassPlan {
  const report: string[] = [];
  const settings = config.classes.get(schema.className);
  const fields = planFields(schema, served, report);
  const written = schema.className === '_User' ? [...fields, planPassword()] : fields;
  const shown = (list: ReadonlySet<string> | undefined) => (plan: FieldPlan) =>
    list === undefined || list.has(plan.field.name);
  const type = settings?.type;
  let order: readonly OrderPlan[] | undefined;
  let operations: ReadonlyMap<string, FieldPlan> | undefined;
  let orderPointers: ReadonlyMap<string, FieldPlan> | undefined;
  // One map for both, where no setting tells them apart: there are hundreds of classes.
  const all = byName(written, 'name');
  const writable = (list: ReadonlySet<string> | undefined) =>
    list === undefined ? all : byName(written.filter(shown(list)), 'name');
  return {
    schema,
    names,
    output: byName(fields.filter(shown(type?.outputFields)), 'name'),
    create: writable(type?.createFields),
    update: writable(type?.updateFields),
    where: byName(written.filter(shown(type?.constraintFields)), 'whereName'),
    get operations() {
      return (operations ??= operationsOf(this.update, schema));
    },
    get hasOperations() {
      return this.operations.size > 0;
    },
    hasBaseWhere: type?.constraintFields === undefined,
    notName: planOwnName(NOT, { schema, fields, use: 'negated', report }),
    // Made when asked for: of most classes they never are.
    get order() {
      return (order ??= planOrder(written, type?.sortFields));
    },
    get orderPointers() {
      return (orderPointers ??= planOrderPointers(fields, type?.sortFields));
    },
    selfName: planOwnName(SELF, { schema, fields, use: 'ordered', report }),
    roots: {
      get: settings?.query.get ?? true,
      find: settings?.query.find ?? true,
      create: settings?.mutation.create ?? true,
      update: settings?.mutation.update ?? true,
      destroy: settings?.mutation.destroy ?? true,
    },
    report,
  };
}

function byName(
  plans: readonly FieldPlan[],
  key: 'name' | 'whereName',
): ReadonlyMap<string, FieldPlan> {
  return new Map(plans.map((plan) => [plan[key], plan]));
}

/** A word of ours among columns: Parse Server's API does not know it, so a column of that name keeps it. */
function planOwnName(
  word: string,
  planning: {
    readonly schema: ClassSchema;
    readonly fields: readonly FieldPlan[];
    readonly use: string;
    readonly report: string[];
  },
): string {
  const { schema, fields, use, report } = planning;
  const columns = schema.fields;
  if (!columns.has(word)) return word;
  const names = fields.flatMap((plan) => [plan.name, plan.whereName]);
  const name = suffixed(word, new Set([...columns.keys(), ...names]));
  report.push(`class "${schema.className}" is ${use} by ${name}: ${word} is one of its columns`);
  return name;
}

function planPassword(): FieldPlan {
  return {
    field: PASSWORD,
    name: 'password',
    whereName: 'password',
    kind: 'String',
    targetClass: undefined,
  };
}

function planFields(
  schema: ClassSchema,
  served: ReadonlyMap<string, unknown>,
  report: string[],
): readonly FieldPlan[] {
  const reserved = reservedNames(schema.className);
  const taken = new Set([...reserved, ...WHERE_WORDS, ...schema.fields.keys()]);
  const plans: FieldPlan[] = [];
  for (const field of schema.fields.values()) {
    if (!FIELD_NAME.test(field.name)) {
      report.push(
        `column "${field.name}" of class "${schema.className}" is not served: GraphQL does not allow its name`,
      );
      continue;
    }
    const rename = (): string => suffixed(field.name, taken);
    const name = reserved.has(field.name) ? rename() : field.name;
    const whereName = WHERE_WORDS.includes(field.name) ? rename() : name;
    if (whereName !== field.name) {
      const place = name === field.name ? 'filtered by' : 'served as';
      report.push(
        `column "${field.name}" of class "${schema.className}" is ${place} ${whereName}: the name belongs to the API`,
      );
    }
    plans.push({ field, name, whereName, ...shownAs(field.type, served) });
  }
  return plans;
}

function suffixed(wanted: string, taken: Set<string>): string {
  let suffix = 2;
  while (taken.has(`${wanted}_${suffix}`)) suffix += 1;
  const name = `${wanted}_${suffix}`;
  taken.add(name);
  return name;
}

function shownAs(
  type: FieldType,
  served: ReadonlyMap<string, unknown>,
): Pick<FieldPlan, 'kind' | 'targetClass'> {
  if (type.kind !== 'Pointer' && type.kind !== 'Relation') {
    return { kind: type.kind, targetClass: undefined };
  }
  return served.has(type.targetClass)
    ? { kind: type.kind, targetClass: type.targetClass }
    : { kind: 'Object', targetClass: undefined };
}
