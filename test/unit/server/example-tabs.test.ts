import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApi } from '../../../src/api/build-api.ts';
import { runSteps } from '../../../src/api/steps.ts';
import { DEMO_CLASSES } from '../../../src/cli/demo/classes.ts';
import type { ClassSchema } from '../../../src/parse/class-schema.ts';
import { buildExamples } from '../../../src/server/graphiql/example-tabs.ts';

function examplesOf(classes: readonly ClassSchema[]) {
  const { schema } = buildApi({
    classes: new Map(classes.map((each) => [each.className, each])),
    version: '1',
  });
  const { query, subscription } = runSteps(buildExamples(schema));
  for (const document of [query, subscription ?? '{ health }']) {
    expect(validate(schema, parse(document))).toEqual([]);
  }
  return { query, subscription };
}

describe('buildExamples', () => {
  it('asks for the class that leads to most others, and what it leads to', () => {
    const { query, subscription } = examplesOf(DEMO_CLASSES);
    expect(query).toContain('countries(first: 5, order: [name_ASC])');
    expect(query).toContain('borders(first: 3)');
    expect(subscription).toContain('countries');
  });

  it('asks for a system class where there is no other, and for nothing where there is none', () => {
    const system = DEMO_CLASSES.filter(({ className }) => className.startsWith('_'));
    expect(examplesOf(system).query).toMatch(/users|roles|sessions/);
    expect(examplesOf([]).query).toBe('{\n  health\n}\n');
  });
});
