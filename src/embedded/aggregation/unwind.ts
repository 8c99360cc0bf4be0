import { Long } from 'bson';
import { isPlainObject } from '../query/bson-values.ts';
import { refuseAt } from '../query/refuse.ts';
import { plainValueAt, removePath, setPath } from './set-path.ts';
import type { StageCompiler } from './pipeline-context.ts';

interface UnwindPlan {
  readonly path: string;
  readonly indexPath: string | undefined;
  readonly keepsEmpty: boolean;
}

function parseUnwind(operand: unknown): UnwindPlan {
  const given = isPlainObject(operand) ? operand : { path: operand };
  const { path, includeArrayIndex, preserveNullAndEmptyArrays = false, ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuseAt(28811, `unrecognized option to $unwind stage: ${unknown}`);
  if (path === undefined) return refuseAt(28812, 'no path specified to $unwind stage');
  if (typeof path !== 'string')
    return refuseAt(28808, 'expected a string as the path for $unwind stage');
  if (!path.startsWith('$'))
    return refuseAt(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  if (typeof preserveNullAndEmptyArrays !== 'boolean') {
    return refuseAt(
      28809,
      'expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage',
    );
  }
  const isIndexPath =
    includeArrayIndex === undefined ||
    (typeof includeArrayIndex === 'string' && includeArrayIndex !== '');
  if (!isIndexPath)
    return refuseAt(
      28810,
      'expected a non-empty string for the includeArrayIndex option to $unwind stage',
    );
  if (includeArrayIndex?.startsWith('$') === true) {
    refuseAt(
      28822,
      `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${includeArrayIndex}`,
    );
  }
  return {
    path: path.slice(1),
    indexPath: includeArrayIndex,
    keepsEmpty: preserveNullAndEmptyArrays,
  };
}

/** `$unwind`: one document for each element of an array; a value that is no array stays one document. */
export const unwind: StageCompiler = (operand) => {
  const { path, indexPath, keepsEmpty } = parseUnwind(operand);
  return function* (input) {
    for (const document of input) {
      const value = plainValueAt(document, path);
      if (Array.isArray(value) && value.length > 0) {
        for (const [index, element] of value.entries()) {
          const single = setPath(document, path, element);
          yield indexPath === undefined
            ? single
            : setPath(single, indexPath, Long.fromNumber(index));
        }
        continue;
      }
      const isEmpty = value === undefined || value === null || Array.isArray(value);
      if (isEmpty && !keepsEmpty) continue;
      const kept = Array.isArray(value) ? removePath(document, path) : document;
      yield indexPath === undefined ? kept : setPath(kept, indexPath, null);
    }
  };
};
