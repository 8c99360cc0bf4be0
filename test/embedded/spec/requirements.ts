import type { MongoClient } from 'mongodb';
import { numericValue, scalarsEqual } from './bson-types.ts';
import type { RunOnRequirement, SpecDocument } from './spec-file.ts';

/** What is known of the server that the tests run against. */
export interface ServerFacts {
  /** `[major, minor, patch]`. */
  readonly version: readonly number[];
  readonly topology: 'single' | 'replicaset' | 'sharded';
  readonly hasAuthentication: boolean;
  /** All that `getParameter` tells; empty when the server does not tell. */
  readonly parameters: SpecDocument;
}

/** Asks the server what it is: three commands. */
export async function readServerFacts(client: MongoClient): Promise<ServerFacts> {
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 });
  const buildInfo = await admin.command({ buildInfo: 1 });
  const versionArray: unknown = buildInfo['versionArray'];
  const parameters = await admin.command({ getParameter: '*' }).catch(() => ({}));
  return {
    version: (Array.isArray(versionArray) ? versionArray : []).slice(0, 3).map(Number),
    topology: topologyOf(hello),
    hasAuthentication: client.options.credentials !== undefined,
    parameters,
  };
}

function topologyOf(hello: SpecDocument): ServerFacts['topology'] {
  if (hello['msg'] === 'isdbgrid') return 'sharded';
  return hello['setName'] === undefined ? 'single' : 'replicaset';
}

/** Why none of the requirements holds on this server; absent when one holds or none is set. */
export function unmetRequirement(
  requirements: readonly RunOnRequirement[],
  server: ServerFacts,
): string | undefined {
  const reasons = requirements.map((requirement) => unmetPart(requirement, server));
  if (reasons.length === 0 || reasons.includes(undefined)) return undefined;
  return reasons.join('; or ');
}

/** Numeric comparison of `major.minor.patch`, missing parts being zero: negative, zero or positive. */
export function compareVersions(left: readonly number[], right: readonly number[]): number {
  for (let part = 0; part < 3; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `'4.2.99'` → `[4, 2, 99]`. */
export function parseVersion(text: string): readonly number[] {
  return text.split('.').map((part) => Number.parseInt(part, 10));
}

function unmetPart(requirement: RunOnRequirement, server: ServerFacts): string | undefined {
  const { minServerVersion: least, maxServerVersion: most, topologies } = requirement;
  const version = server.version.join('.');
  if (least !== undefined && compareVersions(server.version, parseVersion(least)) < 0) {
    return `needs server ${least}, this is ${version}`;
  }
  if (most !== undefined && compareVersions(server.version, parseVersion(most)) > 0) {
    return `is for servers up to ${most}, this is ${version}`;
  }
  if (topologies && !topologies.includes(server.topology)) {
    return `needs topology ${topologies.join(' or ')}, this is ${server.topology}`;
  }
  return unmetDeployment(requirement, server) ?? unmetParameter(requirement, server);
}

function unmetDeployment(requirement: RunOnRequirement, server: ServerFacts): string | undefined {
  if (requirement.serverless === 'require') return 'needs a serverless deployment';
  if (requirement.auth !== undefined && requirement.auth !== server.hasAuthentication) {
    return requirement.auth ? 'needs authentication' : 'needs a server without authentication';
  }
  if (requirement.authMechanism !== undefined) {
    return `needs authentication by ${requirement.authMechanism}`;
  }
  if (requirement.csfle !== undefined && requirement.csfle !== false) {
    return 'needs client-side encryption, which the project does not install';
  }
  return undefined;
}

function unmetParameter(requirement: RunOnRequirement, server: ServerFacts): string | undefined {
  for (const [name, expected] of Object.entries(requirement.serverParameters ?? {})) {
    const actual = server.parameters[name];
    const equal =
      actual !== undefined &&
      (numericValue(expected) === undefined
        ? scalarsEqual(expected, actual)
        : numericValue(expected) === numericValue(actual));
    if (!equal) return `needs the server parameter ${name}`;
  }
  return undefined;
}
