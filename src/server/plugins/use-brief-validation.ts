import {
  type DocumentNode,
  FieldsOnCorrectTypeRule,
  GraphQLError,
  GraphQLScalarType,
  GraphQLSchema,
  isAbstractType,
  KnownTypeNamesRule,
  TypeInfo,
  validate,
  ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { ServedSchema } from '../../api/types/served-schema.ts';

/** Mistakes of one document that come with suggestions: whoever made more reads the first ones first. */
const SUGGESTED = { types: 1, fields: 5 } as const;
/** By how many letters a name may be longer or shorter than the one that it is suggested for. */
const LENGTH_SLACK = 2;

/**
 * Validates as graphql does, but looks for what may have been meant among few names, and a few times. Graphql's own rules list every
 * type of the schema for each document, and compare every name with each mistake: at hundreds of classes that is a second in which
 * nobody else is answered, to be had for a page of nonsense.
 */
export function useBriefValidation(): Plugin {
  return {
    onValidate({ setValidationFn }) {
      // Yoga gives no more than these three.
      setValidationFn(
        (schema: GraphQLSchema, document: DocumentNode, rules?: readonly ValidationRule[]) =>
          validate(
            schema,
            document,
            rules?.map((rule) => BRIEF_RULES.get(rule) ?? rule),
          ),
      );
    },
  };
}

const KnownTypeNames: ValidationRule = (context) => {
  const schema = context.getSchema();
  let suggested = 0;
  return {
    NamedType(...visit) {
      const [node] = visit;
      const name = node.name.value;
      if (schema.getType(name) !== undefined) return;
      if (suggested === SUGGESTED.types) {
        context.reportError(new GraphQLError(`Unknown type "${name}".`, { nodes: node }));
        return;
      }
      suggested += 1;
      const report = (error: GraphQLError): void => {
        context.reportError(error);
      };
      const similar = schemaOfNames(namesLike(name, schema));
      const narrowed = new ValidationContext(
        similar,
        context.getDocument(),
        new TypeInfo(similar),
        report,
      );
      const rule = KnownTypeNamesRule(narrowed);
      if ('NamedType' in rule && typeof rule.NamedType === 'function') rule.NamedType(...visit);
    },
  };
};

const FieldsOnCorrectType: ValidationRule = (context) => {
  const rule = FieldsOnCorrectTypeRule(context);
  let suggested = 0;
  return {
    Field(...visit) {
      const [node] = visit;
      const type = context.getParentType();
      if (!type || context.getFieldDef()) return;
      // An interface would ask each of its hundreds of types.
      const isDear = isAbstractType(type) || suggested === SUGGESTED.fields;
      if (isDear) {
        const text = `Cannot query field "${node.name.value}" on type "${type.name}".`;
        context.reportError(new GraphQLError(text, { nodes: node }));
        return;
      }
      suggested += 1;
      if ('Field' in rule && typeof rule.Field === 'function') rule.Field(...visit);
    },
  };
};

const BRIEF_RULES: ReadonlyMap<ValidationRule, ValidationRule> = new Map([
  [KnownTypeNamesRule, KnownTypeNames],
  [FieldsOnCorrectTypeRule, FieldsOnCorrectType],
]);

function namesLike(name: string, schema: GraphQLSchema): readonly string[] {
  const first = name.charAt(0).toLowerCase();
  const all =
    schema instanceof ServedSchema ? schema.typeNames() : Object.keys(schema.getTypeMap());
  const like: string[] = [];
  for (const known of all) {
    const isAsLong = Math.abs(known.length - name.length) <= LENGTH_SLACK;
    if (isAsLong && known.charAt(0).toLowerCase() === first) like.push(known);
  }
  return like;
}

function schemaOfNames(names: readonly string[]): GraphQLSchema {
  const types = names.map((name) => new GraphQLScalarType({ name }));
  return new GraphQLSchema({ types, assumeValid: true });
}
