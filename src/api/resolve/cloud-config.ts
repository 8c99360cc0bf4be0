import type { ConfigParameter } from '../../access/guarded-config.ts';
import { fieldsAt } from '../arguments/operators.ts';
import { answering } from '../errors.ts';

interface ConfigValue {
  readonly value: string | null;
  readonly isMasterKeyOnly: boolean | null;
}

/** `cloudConfig(paramName)`; both parts are null for what is not set. Cost: 1 command. @throws GatewayError 119 without the master key */
export const cloudConfig = answering(
  async (_source, { paramName }, { config }): Promise<ConfigValue> =>
    describe(await config.find(String(paramName))),
);

/**
 * `updateCloudConfig(input: {paramName, value, isMasterKeyOnly})`. Cost: 1 command.
 * @throws GatewayError 119 without a master key that may write, 105 for a name that no parameter can have
 */
export const updateCloudConfig = answering(async (_source, args, { config }) => {
  const { paramName, value, isMasterKeyOnly, clientMutationId } = fieldsAt(args['input'], 'input');
  const parameter = { value: String(value), isMasterKeyOnly: isMasterKeyOnly === true };
  await config.set(String(paramName), parameter);
  return { cloudConfig: describe(parameter), clientMutationId };
});

/** Any JSON value → text, since that is what the API promises: texts as they are, others as JSON. */
function describe(parameter: ConfigParameter | undefined): ConfigValue {
  const { value = null, isMasterKeyOnly = null } = parameter ?? {};
  const isText = value === null || typeof value === 'string';
  return { value: isText ? value : JSON.stringify(value), isMasterKeyOnly };
}
