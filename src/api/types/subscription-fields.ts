import { GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import { LIVE_EVENT_KINDS, type LiveEvent } from '../../query/live-request.ts';
import type { ApiPlan } from '../plan/api-plan.ts';
import { eventOf, subscribeResolver } from '../resolve/subscribe.ts';
import { baseEnum, NO_EXTENSIONS } from './base-types.ts';
import type { BuiltClass, RootField, RootFields } from './built-class.ts';

/** For a class that can be listed, a subscription named like its list, and the type of its events. */
export function subscriptionFields(
  { plan, inputs, outputs }: BuiltClass,
  api: ApiPlan,
  liveEvent: GraphQLEnumType,
): RootFields {
  if (!plan.roots.find) return { fields: {}, types: [] };
  const event = new GraphQLObjectType({
    extensions: NO_EXTENSIONS,
    name: plan.names.event,
    fields: () => ({
      event: { type: new GraphQLNonNull(liveEvent) },
      node: { type: outputs.object },
    }),
  });
  const field: RootField = {
    type: new GraphQLNonNull(event),
    args: {
      where: { type: inputs.where, extensions: NO_EXTENSIONS },
      events: {
        type: new GraphQLList(new GraphQLNonNull(liveEvent)),
        extensions: NO_EXTENSIONS,
      },
    },
    extensions: NO_EXTENSIONS,
    subscribe: subscribeResolver(plan, api),
    resolve: (source) => eventOf(source as LiveEvent),
  };
  return { fields: { [plan.names.find]: field }, types: [event] };
}

/** The enum of `schema/base.graphql` with our kinds as its values; a class that bears its name keeps it. */
export function buildLiveEvent(name: string): GraphQLEnumType {
  const values = LIVE_EVENT_KINDS.map((kind) => [kind.toUpperCase(), { value: kind }] as const);
  const declared = new Set(
    baseEnum('LiveEvent')
      .getValues()
      .map((value) => value.name),
  );
  if (values.some(([value]) => !declared.has(value)) || declared.size !== values.length) {
    throw new Error('LiveEvent of schema/base.graphql and the kinds of events differ');
  }
  return new GraphQLEnumType({
    ...baseEnum('LiveEvent').toConfig(),
    name,
    values: Object.fromEntries(values),
  });
}
