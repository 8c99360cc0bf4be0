import type { ClassPlan } from '../plan/api-plan.ts';
import type { ClassInputs } from './input-types.ts';
import type { ClassOutputs } from './object-types.ts';

/** One class with everything built for it. */
export interface BuiltClass {
  readonly plan: ClassPlan;
  readonly inputs: ClassInputs;
  readonly outputs: ClassOutputs;
}
