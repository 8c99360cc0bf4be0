/** A group that has begun and not ended. */
interface OpenGroup {
  /** Its own number, where it captures. */
  readonly own: number | undefined;
  readonly isNegative: boolean;
  readonly isBehind: boolean;
  hasAlternatives: boolean;
  /** Numbers of the groups that have ended in it. */
  readonly inner: number[];
}

/** How a group that does not capture looks around. */
export interface GroupKind {
  readonly isCapturing: boolean;
  readonly isNegative?: boolean;
  readonly isBehind?: boolean;
  readonly name?: string | undefined;
}

/**
 * Which capturing groups must have matched by now. A reference to one that has not fails in PCRE and succeeds in JavaScript, so only
 * sure ones can be referred to.
 */
export class CaptureGroups {
  readonly #open: OpenGroup[] = [];
  readonly #root: OpenGroup = newGroup({ isCapturing: false }, undefined);
  readonly #sure = new Set<number>();
  readonly #names = new Map<string, number>();
  #count = 0;
  /** Those that have ended with the last element of the pattern. */
  #last: readonly number[] = [];

  begin(kind: GroupKind): void {
    if (kind.isCapturing) this.#count += 1;
    if (kind.name !== undefined) this.#names.set(kind.name, this.#count);
    this.#open.push(newGroup(kind, kind.isCapturing ? this.#count : undefined));
  }

  /** At `|`: what this branch has captured is unset in the next. */
  beginBranch(): void {
    const group = this.#current();
    group.hasAlternatives = true;
    this.#doubt(group.inner);
  }

  end(): void {
    const group = this.#open.pop();
    if (group === undefined) return;
    if (group.hasAlternatives || group.isNegative) this.#doubt(group.inner);
    if (group.own !== undefined) this.#sure.add(group.own);
    const ended = group.own === undefined ? group.inner : [group.own, ...group.inner];
    this.#current().inner.push(...ended);
    this.#last = ended;
  }

  /** After an element of the pattern that is no group. */
  passElement(): void {
    this.#last = [];
  }

  /** The last element may be left out. */
  makeLastOptional(): void {
    this.#doubt(this.#last);
  }

  numberOf(name: string): number | undefined {
    return this.#names.get(name);
  }

  /** JavaScript reads what looks behind from right to left: there a reference comes before its group. */
  isSure(number: number): boolean {
    return this.#sure.has(number) && !this.#open.some(({ isBehind }) => isBehind);
  }

  #current(): OpenGroup {
    return this.#open.at(-1) ?? this.#root;
  }

  #doubt(numbers: readonly number[]): void {
    for (const number of numbers) this.#sure.delete(number);
  }
}

function newGroup(
  { isNegative = false, isBehind = false }: GroupKind,
  own: number | undefined,
): OpenGroup {
  return { own, isNegative, isBehind, hasAlternatives: false, inner: [] };
}
