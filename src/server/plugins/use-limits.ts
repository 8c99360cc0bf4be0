import type { Plugin } from 'graphql-yoga';
import { Source, type DocumentNode } from 'graphql';
import { isKeyholder, type GatewayContext } from '../gateway-context.ts';
import { countOverlaps, measureDocument } from '../limits/document-cost.ts';
import { assertLexicalLimits, assertValueNesting } from '../limits/lexical-limits.ts';
import { dropPrototypes } from '../limits/plain-variables.ts';
import { REQUEST_LIMITS, limitExceeded } from '../limits/request-limits.ts';

/** Caps of Parse Server's `requestComplexity`, for callers without a key. */
export interface ClientCaps {
  readonly graphQLDepth: number | undefined;
  readonly graphQLFields: number | undefined;
}

/**
 * Refuses what would cost more to read than any honest request: before parsing by tokens and nesting, after it by depth and fields
 * with fragments followed, before executing by the nesting of the variables. Everything is measured in time linear in the text.
 */
export function useLimits(caps: ClientCaps): Plugin<Partial<GatewayContext>> {
  const measured = new WeakMap<DocumentNode, ReturnType<typeof measureDocument>>();

  function assertWithinLimits(document: DocumentNode, isFree: boolean): void {
    const cost = measured.get(document) ?? measureDocument(document);
    const depth = Math.min(
      REQUEST_LIMITS.depth,
      (isFree ? undefined : caps.graphQLDepth) ?? Infinity,
    );
    const fields = Math.min(
      REQUEST_LIMITS.fields,
      (isFree ? undefined : caps.graphQLFields) ?? Infinity,
    );
    if (cost.depth > depth) throw limitExceeded('nested fields', depth);
    if (cost.fields > fields) throw limitExceeded('fields', fields);
    if (!measured.has(document) && countOverlaps(document) > REQUEST_LIMITS.overlaps) {
      throw limitExceeded('fields of the same name', REQUEST_LIMITS.overlaps);
    }
    measured.set(document, cost);
  }

  return {
    onParse({ params, context }) {
      const source: unknown = params.source;
      assertLexicalLimits(source instanceof Source ? source.body : String(source));
      return ({ result }) => {
        if (isDocument(result)) assertWithinLimits(result, isKeyholder(context.principal));
      };
    },
    onExecute({ args }) {
      assertValueNesting(args.variableValues);
      dropPrototypes(args.variableValues);
    },
    onSubscribe({ args }) {
      assertValueNesting(args.variableValues);
      dropPrototypes(args.variableValues);
    },
  };
}

function isDocument(result: unknown): result is DocumentNode {
  return typeof result === 'object' && result !== null && 'definitions' in result;
}
