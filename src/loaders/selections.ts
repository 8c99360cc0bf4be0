import type { Selection } from '../query/find-request.ts';

/** The columns of either. */
export function unionOf(left: Selection, right: Selection): Selection {
  if (left === 'all' || right === 'all') return 'all';
  if (covers(left, right)) return left;
  return new Set([...left, ...right]);
}

/** True when `held` has every column of `wanted`. */
export function covers(held: Selection, wanted: Selection): boolean {
  if (held === 'all') return true;
  if (wanted === 'all') return false;
  for (const name of wanted) if (!held.has(name)) return false;
  return true;
}

/** The columns of `wanted` that `held` lacks. */
export function missingFrom(held: Selection, wanted: Selection): Selection {
  if (held === 'all') return new Set();
  if (wanted === 'all') return 'all';
  return new Set([...wanted].filter((name) => !held.has(name)));
}
