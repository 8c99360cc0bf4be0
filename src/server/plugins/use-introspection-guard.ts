import { GraphQLError, type ValidationRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { ERROR_CODES } from '../../parse/errors.ts';
import { isKeyholder, type GatewayContext } from '../gateway-context.ts';

/** Refuses to tell the schema to callers without a key, as Parse Server does unless its setting allows it. */
export function useIntrospectionGuard(isPublic: boolean): Plugin<Partial<GatewayContext>> {
  return {
    onValidate({ context, addValidationRule }) {
      if (!isPublic && !isKeyholder(context.principal)) addValidationRule(NoIntrospection);
    },
  };
}

/** Looks at the parsed document, so that no spelling of the query text gets past it. */
const NoIntrospection: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value !== '__schema' && node.name.value !== '__type') return;
    context.reportError(
      new GraphQLError('Introspection is not allowed', {
        nodes: node,
        extensions: {
          code: ERROR_CODES.OperationForbidden.parseCode,
          http: { spec: false, status: 403 },
        },
      }),
    );
  },
});
