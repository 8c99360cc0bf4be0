import type { CollectionOptions, Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { parseCollation } from '../query/collation.ts';
import { compileFilter } from '../query/compile-filter.ts';
import { type Arguments, isDocument, wrongType } from './arguments.ts';

function oneOf<Choice extends string>(
  args: Arguments,
  field: string,
  choices: readonly Choice[],
): Choice | undefined {
  const given = args.string(field);
  if (given === undefined) return undefined;
  const choice = choices.find((name) => name === given);
  if (choice !== undefined) return choice;
  throw new StoreError(
    'BadValue',
    `Enumeration value '${given}' for field '${args.path(field)}' is not a valid value.`,
  );
}

/** `{enabled: boolean}` of `changeStreamPreAndPostImages`. */
function parseImages(args: Arguments): { readonly enabled: boolean } | undefined {
  const given = args.document('changeStreamPreAndPostImages');
  if (given === undefined) return undefined;
  const enabled = given['enabled'];
  if (typeof enabled === 'boolean') return { enabled };
  throw wrongType(args.path('changeStreamPreAndPostImages.enabled'), enabled, ['bool']);
}

function parsePipeline(args: Arguments): readonly Document[] | undefined {
  return args.array('pipeline')?.map((stage, index) => {
    if (isDocument(stage)) return stage;
    throw wrongType(args.path(`pipeline.${index}`), stage, ['object']);
  });
}

/**
 * The options that `create` and `collMod` share, checked; a validator is compiled once to see that it can be.
 *
 * @throws StoreError 2, 14 or an operator's own error.
 */
export function parseSharedOptions(args: Arguments): Partial<CollectionOptions> {
  const validator = args.document('validator');
  if (validator !== undefined) compileFilter(validator);
  const validationLevel = oneOf(args, 'validationLevel', ['off', 'strict', 'moderate']);
  const validationAction = oneOf(args, 'validationAction', ['error', 'warn']);
  const images = parseImages(args);
  const viewOn = args.string('viewOn');
  const pipeline = parsePipeline(args);
  return {
    ...(validator === undefined ? {} : { validator }),
    ...(validationLevel === undefined ? {} : { validationLevel }),
    ...(validationAction === undefined ? {} : { validationAction }),
    ...(images === undefined ? {} : { changeStreamPreAndPostImages: images }),
    ...(viewOn === undefined ? {} : { viewOn }),
    ...(pipeline === undefined ? {} : { pipeline }),
  };
}

/**
 * The options of `create`, checked.
 *
 * @throws StoreError 72 when they contradict each other, 115 for kinds of collections that are not supported.
 * @see https://www.mongodb.com/docs/manual/reference/command/create/
 */
export function parseCollectionOptions(args: Arguments): CollectionOptions {
  for (const field of ['timeseries', 'clusteredIndex', 'encryptedFields', 'expireAfterSeconds']) {
    if (args.value(field) === undefined) continue;
    throw new StoreError('CommandNotSupported', `create with '${field}' is not supported`);
  }
  const shared = parseSharedOptions(args);
  if (shared.pipeline !== undefined && shared.viewOn === undefined) {
    throw new StoreError('InvalidOptions', "'pipeline' requires 'viewOn' to also be specified");
  }
  const capped = args.boolean('capped') ?? false;
  const size = args.count('size');
  const max = args.count('max');
  if (capped && size === undefined) {
    throw new StoreError('InvalidOptions', "the 'size' field is required when 'capped' is true");
  }
  const collation = parseCollation(args.document('collation'));
  return {
    ...shared,
    ...(capped ? { capped } : {}),
    ...(capped && size !== undefined ? { size } : {}),
    ...(capped && max !== undefined ? { max } : {}),
    ...(collation === undefined ? {} : { collation }),
  };
}
