/** A value as JSON: what a variable carries, or a literal means. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Arguments of a list; what is `undefined` is left out, what is `null` is written. */
export interface ReadArguments {
  readonly where: Json | undefined;
  readonly order: readonly string[] | null | undefined;
  readonly first: number | null | undefined;
  readonly skip: number | null | undefined;
  readonly last: number | null | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** As variables, which other code coerces than literals. */
  readonly isVariable: boolean;
}

/** What is read of an object. */
export interface ReadObject {
  /** Names, or texts such as `position { latitude }`. */
  readonly columns: readonly string[];
  readonly pointers: readonly { readonly name: string; readonly object: ReadObject }[];
  readonly relations: readonly { readonly name: string; readonly list: ReadList }[];
}

/** A list of objects of one class. */
export interface ReadList {
  readonly className: string;
  readonly args: ReadArguments;
  readonly isCounted: boolean;
  readonly hasPageInfo: boolean;
  readonly object: ReadObject;
}

/** One root field. */
export type ReadRoot =
  | { readonly kind: 'list'; readonly name: string; readonly list: ReadList }
  | {
      readonly kind: 'object';
      readonly name: string;
      readonly id: string;
      readonly object: ReadObject;
    };

/** A document and its variables. */
export interface PrintedRead {
  readonly document: string;
  readonly variables: Readonly<Record<string, Json>>;
}

/** As it is sent: arguments that are variables are declared. */
export function printRead(root: ReadRoot): PrintedRead {
  const printer = new Printer();
  const field =
    root.kind === 'list'
      ? printer.list(root.name, root.list)
      : `${root.name}(id: ${JSON.stringify(root.id)}) ${printer.object(root.object)}`;
  return { document: `query${printer.declarations()} { ${field} }`, variables: printer.variables };
}

class Printer {
  readonly variables: Record<string, Json> = {};
  readonly #types: string[] = [];

  declarations(): string {
    return this.#types.length === 0 ? '' : ` (${this.#types.join(', ')})`;
  }

  list(name: string, { className, args, isCounted, hasPageInfo, object }: ReadList): string {
    const { where, order, first, skip, last, after, before, isVariable } = args;
    const printed = (
      [
        ['where', where, `${className}WhereInput`],
        ['order', order, `[${className}Order!]`],
        ['first', first, 'Int'],
        ['skip', skip, 'Int'],
        ['last', last, 'Int'],
        ['after', after, 'String'],
        ['before', before, 'String'],
      ] as const
    ).flatMap(([key, value, type]) => {
      if (value === undefined) return [];
      const literal = () => (key === 'order' ? enumList(order) : printLiteral(value));
      return [`${key}: ${isVariable ? this.#declare(type, value) : literal()}`];
    });
    const parts = [
      isCounted && 'count',
      `edges { node ${this.object(object)} }`,
      hasPageInfo && 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
    ].filter((part) => part !== false);
    return `${name}${printed.length === 0 ? '' : `(${printed.join(', ')})`} { ${parts.join(' ')} }`;
  }

  object({ columns, pointers, relations }: ReadObject): string {
    const parts = [
      ...columns,
      ...pointers.map(({ name, object }) => `${name} ${this.object(object)}`),
      ...relations.map(({ name, list }) => this.list(name, list)),
    ];
    return `{ ${parts.join(' ')} }`;
  }

  #declare(type: string, value: Json): string {
    const name = `v${this.#types.length}`;
    this.#types.push(`$${name}: ${type}`);
    this.variables[name] = value;
    return `$${name}`;
  }
}

function enumList(order: readonly string[] | null | undefined): string {
  return order === null || order === undefined ? 'null' : `[${order.join(', ')}]`;
}

function printLiteral(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(printLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value as Readonly<Record<string, Json>>);
  return `{ ${fields.map(([name, each]) => `${name}: ${printLiteral(each)}`).join(', ')} }`;
}
