import { describe, expect, it } from 'vitest';
import { addressCheckOf } from '../../src/access/address-ranges.ts';

describe('address ranges', () => {
  it.each([
    ['the same address', ['127.0.0.1'], '127.0.0.1', true],
    ['its neighbour', ['127.0.0.1'], '127.0.0.2', false],
    [
      'the loopback address as a dual-stack socket shows it',
      ['127.0.0.1'],
      '::ffff:127.0.0.1',
      true,
    ],
    ['another mapped address', ['127.0.0.1'], '::ffff:127.0.0.2', false],
    ['an address of the range', ['10.0.0.0/8'], '10.255.0.1', true],
    ['a mapped address of the range', ['10.0.0.0/8'], '::FFFF:10.1.2.3', true],
    ['an address beyond the range', ['10.0.0.0/8'], '11.0.0.1', false],
    ['the IPv6 loopback', ['::1'], '::1', true],
    ['the IPv6 loopback written out', ['::1'], '0:0:0:0:0:0:0:1', true],
    ['an address of an IPv6 range', ['2001:db8::/32'], '2001:db8:1::2', true],
    ['an address with a zone', ['fe80::/10'], 'fe80::1%eth0', true],
    ['any IPv4 address', ['0.0.0.0/0'], '203.0.113.9', true],
    ['no IPv6 address for any IPv4', ['0.0.0.0/0'], '2001:db8::1', false],
    ['a mapped IPv4 address for any IPv4', ['0.0.0.0'], '::ffff:203.0.113.9', true],
    ['no IPv4 address for any IPv6', ['::/0'], '203.0.113.9', false],
    ['no mapped IPv4 address for any IPv6', ['::0'], '::ffff:203.0.113.9', false],
    ['nobody for an empty list', [], '127.0.0.1', false],
    ['no text that is no address', ['0.0.0.0/0', '::/0'], 'localhost', false],
    ['no unknown address', ['0.0.0.0/0', '::/0'], undefined, false],
  ])('hold %s', (_title, ranges, address, expected) => {
    expect(addressCheckOf(ranges)(address)).toBe(expected);
  });

  it.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '::1/129', '10.0.0/8'])(
    'refuse %j as a setting',
    (range) => {
      expect(() => addressCheckOf([range])).toThrow(Error);
    },
  );
});
