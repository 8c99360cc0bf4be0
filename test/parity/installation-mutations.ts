import type { ParityPrincipal } from './access-document.ts';
import type { ParityWorld, WorldClass } from './access-world.ts';
import type { RandomMutation } from './random-mutations.ts';

const openClass: WorldClass = {
  nextTarget: 'Alpha',
  linksTarget: 'Alpha',
  permissions: undefined,
  objects: [],
};

/** A world with users and nothing else. */
export const quietWorld: ParityWorld = {
  classes: { Alpha: openClass, Beta: openClass, Gamma: openClass },
  userPermissions: undefined,
  rolePermissions: undefined,
  users: [0, 1].map(() => ({ readers: undefined, nick: undefined, friend: undefined })),
  roles: [],
};

type Keys = Readonly<Record<string, string | undefined>>;

function mutation(
  principal: ParityPrincipal,
  objectId: string,
  { deviceType, installationId, deviceToken, appIdentifier }: Keys,
): RandomMutation {
  const given = Object.entries({ deviceType, installationId, deviceToken, appIdentifier });
  const fields = given.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, JSON.stringify(value)]],
  );
  return {
    principal,
    verb: objectId === '' ? 'create' : 'update',
    className: 'Installation',
    objectId,
    fields: { timeZone: '"UTC"', ...(Object.fromEntries(fields) as Record<string, string>) },
    selected: '',
  };
}

/** Every pair of an id and a token, known and unknown, with and without a type. */
const creates = ['ios', undefined].flatMap((deviceType) =>
  ['aa', 'CC', 'ff', 'new', undefined].flatMap((installationId) =>
    ['t1', 't2', 't4', 'new', undefined].map((deviceToken) =>
      mutation('anonymous', '', { deviceType, installationId, deviceToken }),
    ),
  ),
);

const LONG_TOKEN = 'AB'.repeat(32);

/** Mutations of the devices that every written world has. */
export const installationMutations: readonly RandomMutation[] = [
  ...creates,
  mutation('anonymous', '', { deviceType: 'ios', deviceToken: LONG_TOKEN }),
  mutation('anonymous', '', {
    deviceType: 'ios',
    installationId: 'new',
    deviceToken: 't4',
    appIdentifier: 'y',
  }),
  mutation('@u0', '', { installationId: 'FF', deviceToken: 't1' }),
  mutation('master', '', { installationId: 'ff', deviceToken: 't2' }),
  mutation('readOnlyMaster', '', { deviceType: 'ios', installationId: 'new' }),
  ...['i1', 'i2', 'i3', 'gone'].flatMap((id) => [
    mutation('anonymous', id, {}),
    mutation('anonymous', id, { deviceType: 'ios' }),
    mutation('anonymous', id, { deviceType: 'android' }),
    mutation('anonymous', id, { installationId: 'AA' }),
    mutation('anonymous', id, { installationId: 'new', deviceToken: 't4' }),
    mutation('anonymous', id, { deviceToken: 't1' }),
    mutation('anonymous', id, { deviceToken: 't2' }),
    mutation('anonymous', id, { deviceToken: 'new' }),
  ]),
  mutation('anonymous', 'i6', { deviceToken: 'new' }),
  mutation('@u0', 'i6', { deviceToken: 'new' }),
];
