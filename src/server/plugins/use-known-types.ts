import {
  type DocumentNode,
  type GraphQLSchema,
  KnownTypeNamesRule,
  validate,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

type Rules = readonly ValidationRule[];

/**
 * graphql's own rule lists every type of the schema for each document it checks, to have suggestions ready: milliseconds at hundreds
 * of classes. It is asked here when a type is not known, and for nothing else; its answers are the same.
 */
export function useKnownTypes(): Plugin {
  return {
    onValidate({ setValidationFn }) {
      // Yoga gives no more than these three.
      setValidationFn((schema: GraphQLSchema, document: DocumentNode, rules?: Rules) =>
        validate(schema, document, rules?.map(withoutLists)),
      );
    },
  };
}

const withoutLists = (rule: ValidationRule): ValidationRule =>
  rule === KnownTypeNamesRule ? UnknownTypeNamesRule : rule;

const UnknownTypeNamesRule: ValidationRule = (context) => ({
  NamedType(...visit) {
    if (context.getSchema().getType(visit[0].name.value) !== undefined) return;
    const rule = KnownTypeNamesRule(context);
    if ('NamedType' in rule && typeof rule.NamedType === 'function') rule.NamedType(...visit);
  },
});
