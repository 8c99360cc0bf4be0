import type { GraphQLNamedType, GraphQLObjectType, GraphQLUnionType } from 'graphql';
import type { ApiPlan } from '../plan/api-plan.ts';
import type { ApiOutline } from '../plan/plan-outline.ts';
import { baseObject } from './base-types.ts';
import { ClassTypes, type RootKind } from './class-types.ts';
import { classInputs } from './input-types.ts';
import { buildArrayResult, classOutputs, type OutputParts } from './object-types.ts';
import type { RootField } from './built-class.ts';
import { buildLiveEvent } from './subscription-fields.ts';

/** The types and root fields of all classes of one API: those of a class are made when something of it is first asked for. */
export class AllClasses {
  readonly arrayResult: GraphQLUnionType;
  readonly liveEvent: ReturnType<typeof buildLiveEvent>;
  readonly #api: ApiPlan;
  readonly #outline: ApiOutline;
  readonly #made = new Map<string, ClassTypes>();
  readonly #parts: OutputParts;

  constructor(api: ApiPlan, outline: ApiOutline) {
    this.#api = api;
    this.#outline = outline;
    this.liveEvent = buildLiveEvent(api.names.liveEvent);
    this.arrayResult = buildArrayResult(() => this.arrayMembers());
    this.#parts = {
      api,
      inputs: { get: (className) => this.#find(className)?.inputs },
      outputs: { get: (className) => this.#find(className)?.outputs },
      arrayResult: this.arrayResult,
    };
  }

  /** The classes something has been made of so far. */
  get madeClasses(): readonly string[] {
    return [...this.#made.keys()];
  }

  /** The object types of every class, each made when it is come to. */
  *objects(): Generator<GraphQLObjectType> {
    for (const className of this.#api.classes.keys()) yield this.#of(className).outputs.object;
  }

  /** The members of `arrayResult`, each made when it is come to. */
  *arrayMembers(): Generator<GraphQLObjectType> {
    yield baseObject('Element');
    yield* this.objects();
  }

  /** A type that the outline names. */
  typeNamed(name: string): GraphQLNamedType {
    const owner = this.#outline.types.get(name);
    if (owner === undefined) throw new Error(`no class has a type ${name}`);
    return this.#of(owner.className).typeOf(owner.family, name);
  }

  /** A root field that the outline names. */
  rootField(kind: RootKind, name: string): RootField {
    const className = this.#outline[kind].get(name) ?? '';
    const field = this.#of(className).rootFields(kind).fields[name];
    if (field === undefined) throw new Error(`class "${className}" lacks ${kind} ${name}`);
    return field;
  }

  #of(className: string): ClassTypes {
    const found = this.#find(className);
    if (found === undefined) throw new Error(`class "${className}" is not served`);
    return found;
  }

  #find(className: string): ClassTypes | undefined {
    const known = this.#made.get(className);
    if (known !== undefined) return known;
    const plan = this.#api.classes.get(className);
    if (plan === undefined) return undefined;
    const types = new ClassTypes({
      plan,
      api: this.#api,
      inputs: () => classInputs(plan, this.#parts.inputs),
      outputs: () => classOutputs(plan, this.#parts),
      liveEvent: this.liveEvent,
    });
    this.#made.set(className, types);
    return types;
  }
}
