import { addToGroup } from '../../query/group-by.ts';
import type { Steps } from '../steps.ts';
import type { ClassPlan, FieldPlan, InverseOfClass, InversePlan } from './api-plan.ts';
import type { GraphqlConfig } from './graphql-config.ts';
import { reservedNames } from './reserved-names.ts';

/**
 * Every pointer column, seen from the class it leads to: `Employee.company` → `employees` on Company.
 *
 * The field is named like the list of the class that points; where that class has several pointers here, or a column has the name,
 * the pointer is named, too: `employeesByManager`. Columns keep their names, whatever comes. What the app's configuration hides
 * stays hidden: a pointer without output, a class without list, and fields that a list of outputs does not name. Of `before`, a plan
 * under the same configuration, stays what the same classes point to.
 */
export function* planInverse(
  classes: ReadonlyMap<string, ClassPlan>,
  config: GraphqlConfig,
  before: ReadonlyMap<string, InverseOfClass> | undefined,
): Steps<ReadonlyMap<string, InverseOfClass>> {
  const sourcesOf = new Map<string, ClassPlan[]>();
  for (const source of classes.values()) {
    if (!source.roots.find) continue;
    for (const targetClass of pointersByTarget(source).keys()) {
      addToGroup(sourcesOf, targetClass, source);
    }
    yield;
  }
  const inverse = new Map<string, InverseOfClass>();
  for (const [targetClass, sources] of sourcesOf) {
    const target = classes.get(targetClass);
    if (target === undefined) continue;
    const known = before?.get(targetClass);
    const isKnown = known?.target === target && areSame(known.sources, sources);
    inverse.set(targetClass, isKnown ? known : planTarget(target, sources, config));
    yield;
  }
  return inverse;
}

function planTarget(
  target: ClassPlan,
  sources: readonly ClassPlan[],
  config: GraphqlConfig,
): InverseOfClass {
  const { className } = target.schema;
  const taken = columnNames(target);
  const outputs = config.classes.get(className)?.type.outputFields;
  const fields: InversePlan[] = [];
  const report: string[] = [];
  for (const source of sources) {
    const pointers = pointersByTarget(source).get(className) ?? [];
    for (const pointer of pointers) {
      const name = takeName({ source, pointer, isOnly: pointers.length === 1, taken });
      if (outputs !== undefined && !outputs.has(name.taken)) continue;
      fields.push({
        name: name.taken,
        sourceClass: source.schema.className,
        field: pointer.field.name,
      });
      if (name.taken === name.wanted) continue;
      report.push(
        `pointer "${pointer.field.name}" of class "${source.schema.className}" is followed back by ${name.taken} of ${target.names.type}: ${name.wanted} is taken there`,
      );
    }
  }
  return { fields, report, target, sources };
}

function areSame(left: readonly ClassPlan[], right: readonly ClassPlan[]): boolean {
  return left.length === right.length && left.every((plan, index) => plan === right[index]);
}

type PointersByTarget = ReadonlyMap<string, readonly FieldPlan[]>;

const knownPointers = new WeakMap<ClassPlan, PointersByTarget>();

function pointersByTarget(source: ClassPlan): PointersByTarget {
  const known = knownPointers.get(source);
  if (known !== undefined) return known;
  const byTarget = new Map<string, FieldPlan[]>();
  for (const plan of source.output.values()) {
    if (plan.kind !== 'Pointer' || plan.targetClass === undefined) continue;
    addToGroup(byTarget, plan.targetClass, plan);
  }
  knownPointers.set(source, byTarget);
  return byTarget;
}

/** Also of columns that are not shown: showing one later must not rename a field. */
function columnNames({ schema, output }: ClassPlan): Set<string> {
  return new Set([...reservedNames(schema.className), ...schema.fields.keys(), ...output.keys()]);
}

function takeName(options: {
  readonly source: ClassPlan;
  readonly pointer: FieldPlan;
  readonly isOnly: boolean;
  readonly taken: Set<string>;
}): { readonly wanted: string; readonly taken: string } {
  const { source, pointer, isOnly, taken } = options;
  const list = source.names.find;
  const full = `${list}By${pointer.name.charAt(0).toUpperCase()}${pointer.name.slice(1)}`;
  const wanted = isOnly ? list : full;
  let name = taken.has(wanted) ? full : wanted;
  for (let suffix = 2; taken.has(name); suffix += 1) name = `${full}_${suffix}`;
  taken.add(name);
  return { wanted, taken: name };
}
