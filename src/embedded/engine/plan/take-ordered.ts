/**
 * The first `count` of the items in an order, sorted; all of them when there is no count. Equal items keep their order.
 *
 * With a count only that many are held at a time (a heap), however many there are.
 */
export function takeOrdered<Item>(
  items: Iterable<Item>,
  compare: (a: Item, b: Item) => number,
  count = Infinity,
): Item[] {
  if (count === Infinity) return [...items].sort(compare);
  const heap: Ranked<Item>[] = [];
  const after = (a: Ranked<Item>, b: Ranked<Item>): boolean =>
    (compare(a.item, b.item) || a.place - b.place) > 0;
  let place = 0;
  for (const item of items) {
    const ranked = { item, place: place++ };
    const [last] = heap;
    if (heap.length < count) {
      heap.push(ranked);
      siftUp(heap, after);
    } else if (last !== undefined && after(last, ranked)) {
      heap[0] = ranked;
      siftDown(heap, after);
    }
  }
  return heap.sort((a, b) => (after(a, b) ? 1 : -1)).map(({ item }) => item);
}

interface Ranked<Item> {
  readonly item: Item;
  readonly place: number;
}

type After<Item> = (a: Ranked<Item>, b: Ranked<Item>) => boolean;

/** The root is the last in order, the one to go when a better comes. */
function siftUp<Item>(heap: Ranked<Item>[], after: After<Item>): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!swapIfAfter(heap, { child: at, parent }, after)) return;
    at = parent;
  }
}

function siftDown<Item>(heap: Ranked<Item>[], after: After<Item>): void {
  let at = 0;
  for (;;) {
    const left = at * 2 + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    if (a === undefined) return;
    const child = b !== undefined && after(b, a) ? left + 1 : left;
    if (!swapIfAfter(heap, { child, parent: at }, after)) return;
    at = child;
  }
}

function swapIfAfter<Item>(
  heap: Ranked<Item>[],
  { child, parent }: { readonly child: number; readonly parent: number },
  after: After<Item>,
): boolean {
  const [low, high] = [heap[child], heap[parent]];
  if (low === undefined || high === undefined || !after(low, high)) return false;
  heap[child] = high;
  heap[parent] = low;
  return true;
}
