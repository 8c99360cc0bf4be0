import type { GraphQLTypeResolver } from 'graphql';
import type { ParseObject } from '../../parse/object.ts';
import { KILOMETERS_PER_RADIAN, MILES_PER_RADIAN } from '../../query/geometry.ts';
import type { ApiContext } from '../api-context.ts';
import {
  challenge,
  confirmResetPassword,
  logOut,
  logOutOthers,
  resetPassword,
  sendVerificationEmail,
} from '../resolve/account.ts';
import { cloudConfig, updateCloudConfig } from '../resolve/cloud-config.ts';
import { classNamed, allClasses } from '../resolve/class-description.ts';
import { distanceResolver } from '../resolve/distance.ts';
import { createFile, deleteFile } from '../resolve/files.ts';
import { resolveNode, resolveNodes } from '../resolve/object.ts';
import { createClass, deleteClass, purgeClass, updateClass } from '../resolve/schema-mutations.ts';
import { typeOfObject } from '../resolve/schema-plan.ts';
import { BASE_SCALARS } from './scalars.ts';

const ofObject: GraphQLTypeResolver<ParseObject, ApiContext> = (object, _context, info) =>
  typeOfObject(object, info.schema);

/** What makes `schema/base.graphql` executable. */
export const BASE_RESOLVERS = {
  ...BASE_SCALARS,
  Node: { __resolveType: ofObject },
  ParseObject: { __resolveType: ofObject },
  GeoPoint: {
    kilometersTo: distanceResolver(KILOMETERS_PER_RADIAN),
    milesTo: distanceResolver(MILES_PER_RADIAN),
    radiansTo: distanceResolver(1),
  },
  SchemaField: {
    __resolveType: (field: { readonly kind: string }) => `Schema${field.kind}Field`,
  },
  Query: {
    node: resolveNode,
    nodes: resolveNodes,
    health: () => true,
    class: classNamed,
    classes: allClasses,
    cloudConfig,
  },
  Mutation: {
    ...{ createClass, updateClass, deleteClass, purgeClass, createFile, deleteFile },
    updateCloudConfig,
    ...{ logOut, logOutOthers, challenge },
    ...{ resetPassword, confirmResetPassword, sendVerificationEmail },
  },
};
