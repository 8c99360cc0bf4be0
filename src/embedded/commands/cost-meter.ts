import type { ReadCost } from '../engine/engine.ts';
import type { CostMeter } from './command.ts';

/** A meter at zero. */
export function createCostMeter(): CostMeter {
  const sum = { keysExamined: 0, documentsExamined: 0 };
  return {
    add(cost: ReadCost) {
      sum.keysExamined += cost.keysExamined;
      sum.documentsExamined += cost.documentsExamined;
    },
    get keysExamined() {
      return sum.keysExamined;
    },
    get documentsExamined() {
      return sum.documentsExamined;
    },
  };
}
