/** IP addresses and CIDR ranges as numbers. Pure; refuses the shorthand and octal forms that parsers disagree about. */

/** IPv4-mapped IPv6 (::ffff:a.b.c.d, RFC 4291 2.5.5.2) is IPv4 here: it is the same host. */
export type IpAddress = { bits: 32 | 128; value: bigint };
export type IpRange = { address: IpAddress; prefixLength: number };

/** The longest text of an IPv6 address with an embedded IPv4 part is 45 characters; a prefix adds four. */
const MAX_TEXT_LENGTH = 49;
const MAPPED_PREFIX = 0xffffn;

function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4) {
    return null;
  }
  let value = 0n;
  for (const part of parts) {
    // No leading zero: 010 is 8 to some and 10 to others.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) {
      return null;
    }
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

/** The 16-bit groups of one side of `::`, or null. A dotted IPv4 part may stand last. */
function parseGroups(text: string): bigint[] | null {
  if (text === '') {
    return [];
  }
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const embedded = parseIpv4(part);
      if (embedded === null) {
        return null;
      }
      groups.push(embedded >> 16n, embedded & 0xffffn);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return null;
    }
  }
  return groups;
}

function parseIpv6(text: string): bigint | null {
  const [before = '', after, ...more] = text.split('::');
  // A dotted part may only end the whole address, not the side before `::`.
  if (more.length > 0 || (after !== undefined && before.includes('.'))) {
    return null;
  }
  const head = parseGroups(before);
  const tail = parseGroups(after ?? '');
  if (head === null || tail === null) {
    return null;
  }
  const missing = 8 - head.length - tail.length;
  // `::` stands for at least one group.
  if (after === undefined ? missing !== 0 : missing < 1) {
    return null;
  }
  return [...head, ...Array<bigint>(missing).fill(0n), ...tail].reduce((value, group) => (value << 16n) | group, 0n);
}

/** `null` for anything that is not one plain address; a zone (`%eth0`) is not one. */
export function parseIpAddress(text: string): IpAddress | null {
  if (text.length > MAX_TEXT_LENGTH) {
    return null;
  }
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === null ? null : { bits: 32, value };
  }
  const value = parseIpv6(text);
  if (value === null) {
    return null;
  }
  return value >> 32n === MAPPED_PREFIX ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

/** An address or `address/prefix` (RFC 4632). Bits after the prefix are allowed and ignored. */
export function parseIpRange(text: string): IpRange | null {
  const [addressText = '', prefixText, ...more] = text.split('/');
  const address = parseIpAddress(addressText);
  if (address === null || more.length > 0) {
    return null;
  }
  if (prefixText === undefined) {
    return { address, prefixLength: address.bits };
  }
  // The prefix of a mapped address counts from the start of its 128 bits.
  const mappedBits = address.bits === 32 && addressText.includes(':') ? 96 : 0;
  const prefixLength = Number(prefixText) - mappedBits;
  const valid = /^(0|[1-9][0-9]{0,2})$/.test(prefixText) && prefixLength >= 0 && prefixLength <= address.bits;
  return valid ? { address, prefixLength } : null;
}

export function rangeContains({ address, prefixLength }: IpRange, candidate: IpAddress): boolean {
  const ignored = BigInt(address.bits - prefixLength);
  return address.bits === candidate.bits && address.value >> ignored === candidate.value >> ignored;
}
