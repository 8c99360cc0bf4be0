import type { IndexScan } from './index-scan.ts';
import type { ScanOrder } from './scan-order.ts';

/** How the documents of one read are found. */
export type Plan =
  | {
      readonly kind: 'collection';
      readonly isReverse: boolean;
      /** Insertion order is what was asked for. */
      readonly isNatural: boolean;
    }
  | {
      readonly kind: 'index';
      readonly scan: IndexScan;
      /** Set when the scan gives the wanted order. */
      readonly order: ScanOrder | undefined;
    }
  | { readonly kind: 'union'; readonly plans: readonly Plan[] };

/** A plan's name for people: an index, several of them, or COLLSCAN. */
export function planName(plan: Plan): string {
  switch (plan.kind) {
    case 'collection':
      return 'COLLSCAN';
    case 'index':
      return plan.scan.index.spec.name;
    case 'union':
      return [...new Set(plan.plans.map(planName))].join('|');
  }
}

/** Whether the plan admits exactly what the filter does, so that documents need not be looked at. */
export function isExactPlan(plan: Plan): boolean {
  return plan.kind === 'index' && plan.scan.isExact;
}
