import { isPlainObject } from '../query/bson-values.ts';
import { compileAddFields } from '../query/compile-add-fields.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { expressionOptions, type Stage, type StageCompiler } from './pipeline-context.ts';
import { setWindowFields } from './set-window-fields.ts';

const METHODS: Readonly<Record<string, string>> = { locf: '$locf', linear: '$linearFill' };

/** `$fill`: values for null and absent fields, constant or from the documents before and after. */
export const fill: StageCompiler = (operand, context) => {
  if (!isPlainObject(operand))
    return refuse('the $fill stage specification must be an object', 'FailedToParse');
  const { partitionBy, partitionByFields, sortBy, output, ...others } = operand;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    refuse(`BSON field '$fill.${unknown}' is an unknown field.`, 'UnknownOperatorOrField');
  if (!isPlainObject(output) || Object.keys(output).length === 0)
    return refuse("BSON field '$fill.output' must be a non-empty object", 'FailedToParse');
  if (partitionBy !== undefined && partitionByFields !== undefined) {
    refuseAt(
      6050204,
      "Maximum one of 'partitionBy' and 'partitionByFields can be specified in '$fill'",
    );
  }
  const constants: Record<string, unknown> = {};
  const windows: Record<string, unknown> = {};
  for (const [path, each] of Object.entries(output)) {
    const keys = isPlainObject(each) ? Object.keys(each) : [];
    if (!isPlainObject(each) || keys.length !== 1)
      return refuseAt(
        6050201,
        `Each output of $fill must have one of 'value' and 'method': ${path}`,
      );
    if ('value' in each) constants[path] = { $ifNull: [`$${path}`, each['value']] };
    else {
      const method = typeof each['method'] === 'string' ? METHODS[each['method']] : undefined;
      if (method === undefined) return refuseAt(6050202, 'Method must be either locf or linear');
      if (method === '$linearFill' && sortBy === undefined)
        refuseAt(605001, '$linearFill requires a sortBy');
      windows[path] = { [method]: `$${path}` };
    }
  }
  const by = Array.isArray(partitionByFields)
    ? Object.fromEntries(
        partitionByFields.map((path: unknown, index) => [`k${index}`, `$${String(path)}`]),
      )
    : partitionBy;
  const stages: Stage[] = [];
  if (Object.keys(windows).length > 0) {
    if (sortBy === undefined)
      refuseAt(6050203, "'sortBy' is required when an output uses a 'method'");
    stages.push(
      setWindowFields(
        { ...(by === undefined ? {} : { partitionBy: by }), sortBy, output: windows },
        context,
        '$setWindowFields',
      ),
    );
  }
  if (Object.keys(constants).length > 0) {
    const add = compileAddFields(constants, expressionOptions(context));
    stages.push(function* (input) {
      for (const document of input) yield add(document);
    });
  }
  return (input) => stages.reduce((each, stage) => stage(each), input);
};
