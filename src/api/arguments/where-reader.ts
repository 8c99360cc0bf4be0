import { permissionDenied } from '../../parse/errors.ts';
import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import type { ApiContext } from '../api-context.ts';
import { invalidQuery } from './operators.ts';

/** One reading of one where: the catalog it speaks of, and how much of it there may still be. */
export class WhereReader {
  readonly catalog: ClassCatalog;
  readonly #maxDepth: number;
  readonly #maxParts: number;
  #depth = 0;
  #parts = 0;

  constructor({ catalog, limits }: Pick<ApiContext, 'catalog' | 'limits'>) {
    this.catalog = catalog;
    this.#maxDepth = limits.maxConstraintDepth;
    this.#maxParts = limits.maxConstraintParts;
  }

  /** Counts `parts` values. @throws GatewayError 102 beyond the limit. */
  count(parts: number): void {
    this.#parts += parts;
    if (this.#parts > this.#maxParts) {
      throw invalidQuery(`A where may hold ${this.#maxParts} values`);
    }
  }

  /** Reads one level deeper. @throws GatewayError 102 beyond the limit. */
  nested<Value>(read: () => Value): Value {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) {
      throw invalidQuery(`A where may nest ${this.#maxDepth} levels`);
    }
    const value = read();
    this.#depth -= 1;
    return value;
  }

  /** @throws GatewayError 119 for a class that does not exist: the same answer as for one that may not be read. */
  classNamed(className: string): ClassSchema {
    const schema = this.catalog.classes.get(className);
    if (schema === undefined) throw permissionDenied();
    return schema;
  }
}
