#!/usr/bin/env node
import { CommanderError } from 'commander';
import { buildProgram } from './build-program.ts';
import { CommandFailure, UsageError } from './failure.ts';
import { SettingsError } from '../server/settings-error.ts';

const DONE = 0;
const FAILED = 1;
const WRONG_USE = 2;

/** Runs the command line; resolves with the process's exit code. */
async function run(argv: readonly string[]): Promise<number> {
  const program = buildProgram({
    environment: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
    errors: process.stderr,
  });
  try {
    await program.parseAsync(argv);
    return DONE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE;
    if (error instanceof SettingsError || error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`);
      return WRONG_USE;
    }
    const isExpected = error instanceof CommandFailure;
    const text =
      error instanceof Error && !isExpected ? (error.stack ?? error.message) : messageOf(error);
    process.stderr.write(`${text}\n`);
    return FAILED;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.exitCode = await run(process.argv);
