import {
  differenceOf,
  isRefused,
  type AnswerPair,
  type DifferenceReason,
} from './access-differences.ts';
import { printDocument, type ParityDocument } from './access-document.ts';
import { reworded, type AskParseServer, type OddityReason } from './access-oddities.ts';
import type { InstalledWorld } from './access-pair.ts';
import { pageDifference } from './page-difference.ts';
import { areRelationsRight } from './relation-answers.ts';
import { comparable, type ComparableAnswer } from './compare-answers.ts';

/** What both servers answered to a document otherwise than is allowed. */
export interface Disagreement extends AnswerPair {
  readonly principal: string;
  readonly document: string;
}

/** Why an answer may differ. */
export type Reason = DifferenceReason | OddityReason;

const isEqual = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/**
 * Takes allowed differences out of the document until the servers agree; what is left is none. `note` hears of each that is allowed.
 */
export async function findDisagreement(
  world: InstalledWorld,
  document: ParityDocument,
  note: (reason: Reason) => void,
): Promise<Disagreement | undefined> {
  const answers = await askBoth(world, document);
  if (isEqual(answers.theirs, answers.ours)) return undefined;
  const failure = { principal: document.principal, document: printDocument(document), ...answers };
  const askParseServer: AskParseServer = async (text, principal) =>
    comparable(await world.askParseServer(text, principal), true);
  const rewording = await reworded(document, askParseServer);
  if (rewording !== undefined) {
    note(rewording.reason);
    const { rest } = rewording;
    if (rest === undefined) return isRefused(answers.ours) ? undefined : failure;
    // Both say the same, so the gateway may not tell them apart.
    const ours = await askGateway(world, rest);
    return isEqual(ours, answers.ours) ? findDisagreement(world, rest, note) : failure;
  }
  const page = pageDifference(document, answers, (whole) => askGateway(world, whole));
  if (page !== undefined) {
    note('pageByCount');
    if (!(await page.isRight())) return failure;
    return page.rest && findDisagreement(world, page.rest, note);
  }
  const difference = differenceOf(document, answers);
  if (difference === undefined) return failure;
  note(difference.reason);
  if (
    (difference.reason === 'relationCount' || difference.reason === 'relationLogic') &&
    !(await areRelationsRight(document, answers, askParseServer))
  ) {
    return failure;
  }
  return difference.rest && findDisagreement(world, difference.rest, note);
}

async function askBoth(world: InstalledWorld, document: ParityDocument): Promise<AnswerPair> {
  const [theirs, ours] = await Promise.all([
    world.askParseServer(printDocument(document), document.principal),
    askGateway(world, document),
  ]);
  return { theirs: comparable(theirs, true), ours };
}

async function askGateway(
  world: InstalledWorld,
  document: ParityDocument,
): Promise<ComparableAnswer> {
  return comparable(await world.askGateway(printDocument(document), document.principal), true);
}
