import { describe, expect, it } from 'vitest';
import { relativeMoment } from '../../../src/api/arguments/relative-time.ts';

const now = new Date('2026-03-01T12:00:00.500Z');
const moment = (text: unknown) =>
  relativeMoment({ $relativeTime: text }, { kind: 'Date' }, 'less', now)?.toISOString();

describe('a relative time', () => {
  it.each([
    ['now', '2026-03-01T12:00:00.500Z'],
    ['NOW', '2026-03-01T12:00:00.500Z'],
    ['in 2 days', '2026-03-03T12:00:00.500Z'],
    ['1 week 3 hours ago', '2026-02-22T09:00:00.500Z'],
    ['in  1 yr 1 wk 1 d 1 hr 1 min 1 sec', '2027-03-09T13:01:01.500Z'],
    ['in -1 mins', '2026-03-01T11:59:00.500Z'],
  ])('%s is %s', (text, expected) => {
    expect(moment(text)).toBe(expected);
  });

  it.each([
    '',
    'soon',

    '1 day',
    'in 1',
    'in 1 day ago',
    'in 1.5 days',
    'in x days',
    'in 1 toString',
  ])('cannot be "%s"', (text) => {
    expect(() => moment(text)).toThrow(/^\$relativeTime /);
  });

  it.each([null, 5, {}, ['now']])('is a text, not %j', (text) => {
    expect(() => moment(text)).toThrow('$relativeTime must be a text');
  });

  it('stays within what a date can tell', () => {
    expect(() => moment('in 9007199254740991 years')).toThrow('too far away');
  });

  it('is neither equal to anything nor of use off date columns', () => {
    const value = { $relativeTime: 'now' };
    expect(() => relativeMoment(value, undefined, 'equal')).toThrow('less and greater only');
    expect(() => relativeMoment(value, { kind: 'String' }, 'less')).toThrow('dates only');
    expect(relativeMoment('now', { kind: 'Date' }, 'less')).toBeUndefined();
  });
});
