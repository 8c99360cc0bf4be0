import { BlockList, isIP, isIPv4 } from 'node:net';

/** Tells whether an address is in the ranges. */
export type AddressCheck = (address: string | undefined) => boolean;

/** How Parse Server's settings write "any address of this kind". */
const ANY_V4: ReadonlySet<string> = new Set(['0.0.0.0', '0.0.0.0/0']);
const ANY_V6: ReadonlySet<string> = new Set(['::', '::0', '::/0']);

const MAPPED_V4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/**
 * Addresses and CIDR ranges of both kinds, e.g. `['127.0.0.1', '10.0.0.0/8', '::1']`. IPv4 addresses that a socket shows as
 * IPv6 (`::ffff:10.0.0.1`) count as IPv4. An empty list holds no address; an unknown address is in no list.
 * @throws Error for what is neither address nor range: a mistake in the settings.
 * @see https://docs.parseplatform.org/parse-server/guide/#security
 */
export function addressCheckOf(ranges: readonly string[]): AddressCheck {
  const listed = new BlockList();
  for (const range of ranges) addRange(listed, range);
  const allowsAnyV4 = ranges.some((range) => ANY_V4.has(range));
  const allowsAnyV6 = ranges.some((range) => ANY_V6.has(range));
  return (given) => {
    const address = given === undefined ? '' : unmapped(withoutZone(given));
    if (isIP(address) === 0) return false;
    if (isIPv4(address)) return allowsAnyV4 || listed.check(address, 'ipv4');
    return allowsAnyV6 || listed.check(address, 'ipv6');
  };
}

function addRange(listed: BlockList, range: string): void {
  if (ANY_V4.has(range) || ANY_V6.has(range)) return;
  const [given = '', bits, ...rest] = range.split('/');
  const address = bits === undefined ? unmapped(given) : given;
  const kind = isIP(address);
  const isBits = bits === undefined || /^\d{1,3}$/.test(bits);
  if (kind === 0 || !isBits || rest.length > 0) {
    throw new Error(`"${range}" is neither an IP address nor a range such as 10.0.0.0/8`);
  }
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) listed.addAddress(address, family);
  else listed.addSubnet(address, Number(bits), family);
}

function unmapped(address: string): string {
  return MAPPED_V4.exec(address)?.[1] ?? address;
}

/** `fe80::1%eth0` → `fe80::1`: the zone says which wire, not who. */
function withoutZone(address: string): string {
  return address.split('%')[0] ?? address;
}
