import { StoreError } from '../errors.ts';
import { compileFilter } from '../query/compile-filter.ts';
import type { CollectionOptions, Document } from './engine.ts';

const compiled = new WeakMap<CollectionOptions, (document: Document) => boolean>();

function validatorOf(options: CollectionOptions): ((document: Document) => boolean) | undefined {
  const { validator, validationAction = 'error', validationLevel = 'strict' } = options;
  if (validator === undefined || validationAction === 'warn' || validationLevel === 'off') {
    return undefined;
  }
  const known = compiled.get(options) ?? compileFilter(validator, { collation: options.collation });
  compiled.set(options, known);
  return known;
}

/** Checks that a validator can be used. @throws StoreError for a malformed one. */
export function assertValidator({ validator }: CollectionOptions): void {
  if (validator !== undefined) compileFilter(validator);
}

/**
 * Holds a document to its collection's validator.
 *
 * @param before - the version to be replaced: at level `moderate` it excuses the new one if it was already invalid.
 * @throws StoreError 121 with `errInfo.failingDocumentId`.
 * @see https://www.mongodb.com/docs/manual/core/schema-validation/
 */
export function assertValid(
  options: CollectionOptions,
  document: Document,
  before?: () => Document,
): void {
  const accepts = validatorOf(options);
  if (accepts === undefined || accepts(document)) return;
  if (options.validationLevel === 'moderate' && before !== undefined && !accepts(before())) return;
  const [operatorName = ''] = Object.keys(options.validator ?? {});
  throw new StoreError('DocumentValidationFailure', 'Document failed validation', {
    info: {
      errInfo: {
        failingDocumentId: document['_id'],
        details: {
          operatorName: operatorName.startsWith('$') ? operatorName : '$and',
          specifiedAs: options.validator,
          reason: 'expression did not match',
        },
      },
    },
  });
}
