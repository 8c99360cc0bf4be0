import type { Steps } from '../steps.ts';
import type { ClassPlan, FieldPlan, InversePlan } from './api-plan.ts';
import type { GraphqlConfig } from './graphql-config.ts';
import { reservedNames } from './reserved-names.ts';

/**
 * Every pointer column, seen from the class it leads to: `Employee.company` → `employees` on Company.
 *
 * The field is named like the list of the class that points; where that class has several pointers here, or a column has the name,
 * the pointer is named, too: `employeesByManager`. Columns keep their names, whatever comes; each name not as expected is a line of
 * `report`. What the app's configuration hides stays hidden: a pointer without output, a class without list, and fields that a
 * list of outputs does not name.
 */
export function* planInverse(
  classes: ReadonlyMap<string, ClassPlan>,
  config: GraphqlConfig,
  report: string[],
): Steps<ReadonlyMap<string, readonly InversePlan[]>> {
  const namesIn = new Map<string, Set<string>>();
  const inverse = new Map<string, InversePlan[]>();
  for (const source of classes.values()) {
    yield;
    if (!source.roots.find) continue;
    for (const [targetClass, pointers] of pointersByTarget(source)) {
      const target = classes.get(targetClass);
      if (target === undefined) continue;
      const taken = namesIn.get(targetClass) ?? columnNames(target);
      namesIn.set(targetClass, taken);
      const outputs = config.classes.get(targetClass)?.type.outputFields;
      const plans = inverse.get(targetClass) ?? [];
      for (const pointer of pointers) {
        const name = takeName({ source, pointer, isOnly: pointers.length === 1, taken });
        if (outputs !== undefined && !outputs.has(name.taken)) continue;
        plans.push({
          name: name.taken,
          sourceClass: source.schema.className,
          field: pointer.field.name,
        });
        if (name.taken === name.wanted) continue;
        report.push(
          `pointer "${pointer.field.name}" of class "${source.schema.className}" is followed back by ${name.taken} of ${target.names.type}: ${name.wanted} is taken there`,
        );
      }
      inverse.set(targetClass, plans);
    }
  }
  return inverse;
}

function pointersByTarget({ output }: ClassPlan): ReadonlyMap<string, readonly FieldPlan[]> {
  const byTarget = new Map<string, FieldPlan[]>();
  for (const plan of output.values()) {
    if (plan.kind !== 'Pointer' || plan.targetClass === undefined) continue;
    const pointers = byTarget.get(plan.targetClass);
    if (pointers === undefined) byTarget.set(plan.targetClass, [plan]);
    else pointers.push(plan);
  }
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
