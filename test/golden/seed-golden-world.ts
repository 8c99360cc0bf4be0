import { readFileSync } from 'node:fs';
import { MongoClient, type Db } from 'mongodb';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

const CREATED = new Date('2024-01-02T03:04:05.678Z');
const UPDATED = new Date('2024-02-03T04:05:06.789Z');
const EXPIRES = new Date('2099-01-01T00:00:00.000Z');

/** The session of the user `ada`, who bears the role `Leads`. */
export const ADA_SESSION = 'r:0000000000000000000000000000ada0';

const CLASSES = ['Country', 'Company', 'Employee', 'Team', '_User', '_Role', '_Session'] as const;

const SQUARE = [
  [10, 50],
  [14, 50],
  [14, 54],
  [10, 50],
];

const COUNTRIES: readonly Row[] = [
  { _id: 'norland', name: 'Norland', code: 'NO', population: 5_000_000, border: polygon(SQUARE) },
  { _id: 'sudland', name: 'Sudland', code: 'SU', population: 9_000_000 },
];

const COMPANIES: readonly Row[] = [
  {
    _id: 'acme',
    name: 'Acme',
    founded: new Date('1950-05-05T00:00:00.000Z'),
    revenue: 100,
    tags: ['tools', 'toys'],
    settings: { theme: { dark: true } },
    location: [11, 51],
    logo: 'acme.png',
    _p_country: 'Country$norland',
  },
  { _id: 'bolt', name: 'Bolt', revenue: 50, location: [13, 53], _p_country: 'Country$norland' },
  { _id: 'cogs', name: 'Cogs', revenue: 75, location: [90, -30], _p_country: 'Country$sudland' },
];

const EMPLOYEES: readonly Row[] = [
  employee('ann', { salary: 900, _p_company: 'Company$acme', photo: 'ann.png' }),
  employee('ben', { salary: 500, _p_company: 'Company$acme', _p_manager: 'Employee$ann' }),
  employee('cat', { salary: 700, _p_company: 'Company$bolt', _p_manager: 'Employee$ann' }),
  employee('dan', { salary: 300, _p_company: 'Company$bolt', _p_manager: 'Employee$cat' }),
  employee('eve', { salary: 800, _p_company: 'Company$cogs', ...readableBy('ada') }),
  employee('fay', { salary: 400, _p_company: 'Company$cogs', ...readableBy('role:Leads') }),
  employee('gus', { salary: 600, _p_company: 'Company$cogs', ...readableBy('bob') }),
];

const TEAMS: readonly Row[] = [
  team('red', { budget: 30, _p_company: 'Company$acme', _p_lead: 'Employee$ann' }),
  team('green', { budget: 20, _p_company: 'Company$bolt', _p_lead: 'Employee$cat' }),
  {
    ...team('blue', { budget: 10, _p_company: 'Company$cogs', _p_lead: 'Employee$dan' }),
    featured: [pointer('Employee', 'ben'), 7, pointer('Company', 'acme'), pointer('Employee', 'ann')],
  },
  team('empty', { budget: 0 }),
];

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  red: ['ann', 'ben', 'cat', 'dan'],
  green: ['cat', 'dan', 'eve', 'fay', 'gus'],
  blue: ['gus', 'ben', 'eve'],
};

/**
 * Fills a database in Parse's own stored forms through the driver, the gateway having no part in it: two countries, three companies,
 * seven employees (three of them not public), four teams with members. The same ids and times in every run.
 */
export async function seedGoldenWorld(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  try {
    const db = client.db();
    await insert(db, '_SCHEMA', CLASSES.map(readStoredSchema));
    // `Company.country` has none.
    await db.collection('Employee').createIndex({ _p_company: 1, _id: 1 }, { name: 'byCompany' }, {});
    await insert(db, 'Country', COUNTRIES.map(stamped));
    await insert(db, 'Company', COMPANIES.map(stamped));
    await insert(db, 'Employee', EMPLOYEES.map(stamped));
    await insert(db, 'Team', TEAMS.map(stamped));
    await insert(db, '_Join:members:Team', Object.entries(MEMBERS).flatMap(joinRows));
    await insert(db, '_User', [stamped({ _id: 'ada', username: 'ada' })]);
    await insert(db, '_Role', [stamped({ _id: 'leads', name: 'Leads' })]);
    await insert(db, '_Join:users:_Role', joinRows(['leads', ['ada']]));
    const session = { _session_token: ADA_SESSION, _p_user: '_User$ada', expiresAt: EXPIRES };
    await insert(db, '_Session', [stamped({ _id: 'adasession', ...session })]);
    await db.collection('Employee').createIndex({ firstName: 'text' });
    // As Parse Server indexes a column of positions.
    await db.collection('Company').createIndex({ location: '2d' });
    await db.collection('_Join:members:Team').createIndex({ owningId: 1, relatedId: 1 });
    await db.collection('_Join:members:Team').createIndex({ relatedId: 1, owningId: 1 });
  } finally {
    await client.close();
  }
}

async function insert(db: Db, name: string, rows: readonly Row[]): Promise<void> {
  await db.collection<Row>(name).insertMany([...rows]);
}

function readStoredSchema(className: string): Row {
  const file = new URL(`../../schema/classes/${className}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Row;
}

function stamped(row: Row): Row {
  return { ...row, _created_at: CREATED, _updated_at: UPDATED };
}

function employee(name: string, columns: Readonly<Record<string, unknown>>): Row {
  const firstName = name.charAt(0).toUpperCase() + name.slice(1);
  return { _id: name, firstName, active: true, skills: ['tea'], ...columns };
}

function team(name: string, columns: Readonly<Record<string, unknown>>): Row {
  return { _id: name, name, ...columns };
}

function readableBy(subject: string): object {
  return {
    _rperm: [subject],
    _wperm: [subject],
    _acl: { [subject]: { r: true, w: true } },
  };
}

function pointer(className: string, objectId: string): object {
  return { __type: 'Pointer', className, objectId };
}

function polygon(coordinates: readonly (readonly number[])[]): object {
  return { type: 'Polygon', coordinates: [coordinates] };
}

function joinRows([owningId, related]: readonly [string, readonly string[]]): readonly Row[] {
  return related.map((relatedId) => ({ _id: `${owningId}${relatedId}`, owningId, relatedId }));
}
