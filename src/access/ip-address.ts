/** IP addresses and CIDR ranges as numbers. Pure. Refuses shorthand and octal forms, about which parsers disagree. */

/** IPv4-mapped IPv6 (::ffff:a.b.c.d, RFC 4291 2.5.5.2) is IPv4 here: it is the same host. */
export type IpAddress = { bits: 32 | 128; value: bigint };
export type IpRange = { address: IpAddress; prefixLength: number };

/** The longest IPv6 address, with an embedded IPv4 part, has 45 characters. */
const MAX_TEXT_LENGTH = 45;
const MAPPED_PREFIX = 0xffffn;

/** No leading zero: 010 is 8 to some parsers and 10 to others. */
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

function parseIpv4(text: string): bigint | null {
  return IPV4.test(text) ? BigInt(text.split('.').reduce((value, part) => value * 256 + Number(part), 0)) : null;
}

/** The URL parser checks an address and writes it in one form. */
function parseIpv6(text: string): bigint | null {
  const url = /^[0-9a-f:.]+$/i.test(text) ? URL.parse(`http://[${text}]`) : null;
  if (url === null) {
    return null;
  }
  // Within brackets, at most one `::`, no dotted part.
  const sides = url.hostname.slice(1, -1).split('::');
  const [head = [], tail = []] = sides.map((side) => side.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return BigInt(`0x${[...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('')}`);
}

/** `null` for anything that is not one plain address. An address with a zone (`%eth0`) is refused. */
export function parseIpAddress(text: string): IpAddress | null {
  if (text.length > MAX_TEXT_LENGTH) {
    return null;
  }
  const isIpv6 = text.includes(':');
  const value = isIpv6 ? parseIpv6(text) : parseIpv4(text);
  if (value === null) {
    return null;
  }
  if (isIpv6 && value >> 32n !== MAPPED_PREFIX) {
    return { bits: 128, value };
  }
  return { bits: 32, value: value & 0xffff_ffffn };
}

/** An address or `address/prefix` (RFC 4632). Bits after the prefix are ignored. */
export function parseIpRange(text: string): IpRange | null {
  const [addressText = '', prefixText, ...more] = text.split('/');
  const address = parseIpAddress(addressText);
  if (address === null || more.length > 0) {
    return null;
  }
  if (prefixText === undefined) {
    return { address, prefixLength: address.bits };
  }
  // The prefix of a mapped address counts all of its 128 bits.
  const mappedBits = address.bits === 32 && addressText.includes(':') ? 96 : 0;
  const prefixLength = Number(prefixText) - mappedBits;
  const valid = /^(0|[1-9][0-9]{0,2})$/.test(prefixText) && prefixLength >= 0 && prefixLength <= address.bits;
  return valid ? { address, prefixLength } : null;
}

export function rangeContains({ address, prefixLength }: IpRange, candidate: IpAddress): boolean {
  const ignored = BigInt(address.bits - prefixLength);
  return address.bits === candidate.bits && address.value >> ignored === candidate.value >> ignored;
}
