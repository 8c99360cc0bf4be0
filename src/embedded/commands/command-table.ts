import { aggregateCommands } from './aggregate.ts';
import { collectionCommands } from './collection-commands.ts';
import type { CommandFamily } from './command.ts';
import { countCommands } from './count-distinct.ts';
import { cursorCommands } from './cursor-commands.ts';
import { databaseCommands } from './database-commands.ts';
import { deleteCommands } from './delete.ts';
import { diagnosticCommands } from './diagnostic-commands.ts';
import { explainCommands } from './explain.ts';
import { failPointCommands } from './fail-point-commands.ts';
import { findAndModifyCommands } from './find-and-modify.ts';
import { findCommands } from './find.ts';
import { helloCommands } from './hello.ts';
import { indexCommands } from './index-commands.ts';
import { insertCommands } from './insert.ts';
import { parameterCommands } from './parameter-commands.ts';
import { refusedCommands } from './refused-commands.ts';
import { sessionCommands } from './session-commands.ts';
import { transactionCommands } from './transaction-commands.ts';
import { updateCommands } from './update.ts';

/** Every command this store answers, by its name. */
export const COMMANDS: CommandFamily = {
  ...aggregateCommands,
  ...collectionCommands,
  ...countCommands,
  ...cursorCommands,
  ...databaseCommands,
  ...deleteCommands,
  ...diagnosticCommands,
  ...explainCommands,
  ...failPointCommands,
  ...findAndModifyCommands,
  ...findCommands,
  ...helloCommands,
  ...indexCommands,
  ...insertCommands,
  ...parameterCommands,
  ...refusedCommands,
  ...sessionCommands,
  ...transactionCommands,
  ...updateCommands,
};
