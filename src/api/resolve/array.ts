import type { GraphQLResolveInfo } from 'graphql';
import { encodeJson } from '../../parse/json.ts';
import type { ParseObject } from '../../parse/object.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import type { ApiContext } from '../api-context.ts';
import { answering, toGraphqlError } from '../errors.ts';
import type { ApiPlan } from '../plan/api-plan.ts';
import { columnsOnce } from './object.ts';

/** A value of an array that is not an object of a class, as the type `Element` shows it. */
export interface ElementValue {
  readonly value: unknown;
}

/** True for what an array shows as an object of a class. */
export function isObjectElement(element: ParseObject | ElementValue): element is ParseObject {
  return 'objectId' in element;
}

/**
 * An array column: pointers as the objects they lead to, other values as elements, `null` as null.
 *
 * A pointer whose object is absent or may not be read is left out; one whose class is denied is null, with an error at its place.
 * Cost: 1 command for all pointers to one class on one level.
 */
export function arrayResolver(column: string, api: ApiPlan) {
  const columns = new Map<string, ReturnType<typeof columnsOnce>>();
  // Made when met: a class list per array column would cost more than the whole build.
  const columnsOfClass = (className: string) => {
    const plan = api.classes.get(className);
    const known = columns.get(className) ?? (plan && columnsOnce(plan));
    if (known) columns.set(className, known);
    return known;
  };
  return answering<ParseObject>(async (source, _args, context, info) => {
    const value = source.values.get(column);
    if (!Array.isArray(value)) return undefined;
    const elements = await Promise.all(
      value.map(async (each: ParseValue) => {
        const columnsFor = each instanceof Pointer ? columnsOfClass(each.className) : undefined;
        if (!(each instanceof Pointer) || columnsFor === undefined) {
          return each === null ? null : { value: encodeJson(each) };
        }
        return loadElement(each, { columnsFor, source }, context, info);
      }),
    );
    return elements.filter((element) => element !== undefined);
  });
}

async function loadElement(
  pointer: Pointer,
  {
    columnsFor,
    source,
  }: { readonly columnsFor: ReturnType<typeof columnsOnce>; readonly source: ParseObject },
  context: ApiContext,
  info: GraphQLResolveInfo,
): Promise<ParseObject | Error | undefined> {
  try {
    const { className, objectId } = pointer;
    const { loaders } = context;
    return await loaders.object(className, objectId, columnsFor(info), loaders.pointedAt(source));
  } catch (error) {
    // An error as a list's value is that place's own error: the rest of the list stands.
    return toGraphqlError(error, context.reportUnexpected);
  }
}
