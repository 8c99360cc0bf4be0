import type { ClassCatalog, ClassSchema } from '../parse/class-schema.ts';
import { GatewayError } from '../parse/errors.ts';
import { PUBLIC_ACL } from '../parse/acl.ts';
import type { ParseObject } from '../parse/object.ts';
import { EVERYTHING, type Constraint } from '../query/constraint.ts';
import type { LiveEvent, LiveRequest } from '../query/live-request.ts';
import { matches, needsDatabase } from '../query/matches.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { StoredChange } from '../storage/stored-change.ts';
import type { AccessRules } from './access-rules.ts';
import { visiblePart, type ColumnRule } from './column-rule.ts';
import { frozenObject } from './frozen-object.ts';
import { guarded } from './guarded-brand.ts';
import type { GuardedChange, GuardedFeed, LiveView } from './guarded-feed.ts';
import { narrowingFor, type Narrowing } from './narrow.ts';
import { subjectsOf, type Principal } from './principal.ts';

export interface GuardedFeedOptions {
  readonly database: Pick<ParseDatabase, 'changes' | 'catalog' | 'onCatalog'>;
  readonly rules: AccessRules;
}

/** @see GuardedFeed */
export function createGuardedFeed({ database, rules }: GuardedFeedOptions): GuardedFeed {
  const { changes } = database;
  const views = new ViewMaker(database, rules);
  return {
    isAvailable: changes.isAvailable,
    unavailableReason: changes.unavailableReason,
    listen: (listener) =>
      changes.listen((change) => {
        listener(new StoredGuardedChange(change));
      }),
    onNotice(listener) {
      const stops = [
        changes.onNotice((notice) => {
          if (notice.kind === 'resumed' && !notice.isComplete) listener({ kind: 'gap' });
        }),
        database.onCatalog(() => {
          listener({ kind: 'catalogChanged' });
        }),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
    viewFor: (principal, request) => views.viewFor(principal, request),
  };
}

/** A view as this file alone knows it. */
class NarrowedView implements LiveView {
  readonly [guarded] = true;
  readonly className: string;
  readonly where: Constraint;
  readonly columns: ColumnRule;
  readonly seesUnknownDeletes: boolean;

  constructor(
    request: LiveRequest,
    narrowed: {
      readonly where: Constraint;
      readonly columns: ColumnRule;
      readonly isBound: boolean;
    },
  ) {
    this.className = request.className;
    this.where = narrowed.where;
    this.columns = narrowed.columns;
    this.seesUnknownDeletes = !narrowed.isBound && isEverything(request.where);
  }
}

class ViewMaker {
  readonly #database: Pick<ParseDatabase, 'catalog'>;
  readonly #rules: AccessRules;
  #catalog: ClassCatalog | undefined;
  #narrowings = new WeakMap<Principal, Narrowing>();
  #views = new WeakMap<Principal, WeakMap<LiveRequest, NarrowedView>>();

  constructor(database: Pick<ParseDatabase, 'catalog'>, rules: AccessRules) {
    this.#database = database;
    this.#rules = rules;
  }

  viewFor(principal: Principal, request: LiveRequest): LiveView {
    const { catalog } = this.#database;
    if (catalog !== this.#catalog) {
      this.#catalog = catalog;
      this.#narrowings = new WeakMap();
      this.#views = new WeakMap();
    }
    const known = this.#views.get(principal)?.get(request);
    if (known !== undefined) return known;
    const narrowing = this.#narrowings.get(principal) ?? this.#narrow(principal, catalog);
    const view = makeView(principal, request, narrowing);
    const schema = catalog.classes.get(request.className);
    if (schema !== undefined) assertAnswerable(request.where, schema);
    const ofPrincipal = this.#views.get(principal) ?? new WeakMap<LiveRequest, NarrowedView>();
    this.#views.set(principal, ofPrincipal.set(request, view));
    return view;
  }

  #narrow(principal: Principal, catalog: ClassCatalog): Narrowing {
    const narrowing = narrowingFor(principal, catalog, this.#rules);
    this.#narrowings.set(principal, narrowing);
    return narrowing;
  }
}

function makeView(principal: Principal, request: LiveRequest, narrowing: Narrowing): NarrowedView {
  const where = narrowing.where(request, isById(request.where) ? 'get' : 'find', () => false);
  assertInMemory(request.where);
  const columns = narrowing.columnsOf(request.className);
  return new NarrowedView(request, {
    where,
    columns,
    isBound: subjectsOf(principal) !== undefined,
  });
}

class StoredGuardedChange implements GuardedChange {
  readonly #change: StoredChange;
  readonly #shown = new Map<string, ParseObject>();

  constructor(change: StoredChange) {
    this.#change = change;
  }

  get kind() {
    return this.#change.kind;
  }

  get className() {
    return this.#change.className;
  }

  eventFor(view: LiveView): LiveEvent | undefined {
    if (!(view instanceof NarrowedView) || view.className !== this.className) return undefined;
    const { object, kind } = this.#change;
    if (object === undefined) return this.#unknownDelete(view);
    if (!matches(view.where, object)) return undefined;
    return { kind, object: this.#visible(object, view.columns) };
  }

  #visible(object: ParseObject, columns: ColumnRule): ParseObject {
    const known = this.#shown.get(columns.key);
    if (known !== undefined) return known;
    const shown = frozenObject(visiblePart(object, columns));
    this.#shown.set(columns.key, shown);
    return shown;
  }

  #unknownDelete(view: NarrowedView): LiveEvent | undefined {
    const { kind, className, objectId } = this.#change;
    if (kind !== 'delete' || !view.seesUnknownDeletes) return undefined;
    return { kind, object: frozenObject(bareObject(className, objectId)) };
  }
}

/** @throws GatewayError 102 naming the first part that only the database can answer. */
function assertInMemory(where: Constraint): void {
  const kind = needsDatabase(where);
  if (kind !== undefined) {
    throw new GatewayError('InvalidQuery', `A subscription cannot be filtered by "${kind}"`);
  }
}

/**
 * Refuses what `matches` would refuse at the first event: patterns that cannot be run in linear time, relations (who is related is
 * not stored in the object).
 * @throws GatewayError 102
 */
function assertAnswerable(where: Constraint, schema: ClassSchema): void {
  if (where.kind === 'and' || where.kind === 'or' || where.kind === 'nor') {
    for (const part of where.parts) assertAnswerable(part, schema);
  } else if (where.kind === 'regex') {
    matches(where, bareObject(schema.className, ''));
  } else if ('column' in where && schema.fields.get(where.column.name)?.type.kind === 'Relation') {
    const text = `A subscription cannot be filtered by the relation "${where.column.name}"`;
    throw new GatewayError('InvalidQuery', text);
  }
}

function bareObject(className: string, objectId: string): ParseObject {
  const times = { createdAt: undefined, updatedAt: undefined };
  return { className, objectId, ...times, acl: PUBLIC_ACL, values: new Map() };
}

function isById(where: Constraint): boolean {
  return (
    where.kind === 'compare' &&
    where.comparison === 'equal' &&
    where.column.name === 'objectId' &&
    where.column.path.length === 0
  );
}

function isEverything(where: Constraint): boolean {
  return where === EVERYTHING || (where.kind === 'and' && where.parts.every(isEverything));
}
