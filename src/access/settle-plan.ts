import { GatewayError } from '../parse/errors.ts';
import type { PlanOutcome, WrittenObject } from './guarded-store.ts';

/**
 * What became of one of several plans, with a refusal as a value; `undefined` when nothing was written yet.
 * @throws whatever is no refusal of this plan alone, such as code 2: it would meet the others, too.
 */
export async function settlePlan(
  write: () => Promise<WrittenObject | undefined>,
): Promise<PlanOutcome | undefined> {
  try {
    const written = await write();
    return written === undefined ? undefined : { kind: 'written', written };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'ServiceUnavailable') throw error;
    return { kind: 'refused', error };
  }
}
