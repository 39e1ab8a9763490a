/** Which URLs a source may be pulled from: public http(s) hosts. Pure. */

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** IANA special-purpose IPv4 blocks outside the public internet (RFC 6890), as [first address, prefix bits]. */
const PRIVATE_V4: readonly (readonly [number, number])[] = [
  [0x00000000, 8], // this network
  [0x0a000000, 8], // private
  [0x64400000, 10], // carrier NAT
  [0x7f000000, 8], // loopback
  [0xa9fe0000, 16], // link local, cloud metadata
  [0xac100000, 12], // private
  [0xc0000000, 24], // IETF protocol assignments
  [0xc0000200, 24], // documentation
  [0xc0586300, 24], // 6to4 relays
  [0xc0a80000, 16], // private
  [0xc6120000, 15], // benchmarking
  [0xc6336400, 24], // documentation
  [0xcb007100, 24], // documentation
  [0xe0000000, 3], // multicast and reserved
];

/**
 * Last labels of names that are not public: reserved (RFC 6761, 6762, 7686, 8375, 9476; ICANN for `internal`), or in use
 * inside networks and not delegated. Also with a digit, as in `localhost6.localdomain6`.
 */
const PRIVATE_NAMES =
  /(^|\.)(localhost|localdomain|local|internal|lan|home|corp|intranet|private|svc|arpa|test|invalid|onion|alt)[0-9]?\.?$/;

function isPrivateV4(octets: readonly number[]): boolean {
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return PRIVATE_V4.some(([network, bits]) => address >>> (32 - bits) === network >>> (32 - bits));
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost)$/;

/** Plain HTTP to this machine, which only the `…_LOOPBACK` settings allow. */
export const isLoopback = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && LOOPBACK.test(hostname);

/**
 * Why a URL is refused, or null if it may be fetched. `URL` has already normalised odd spellings of IPv4 (0x7f.1,
 * 2130706433). All IPv6 literals are refused: sources have names. A public name that resolves to a private address leads
 * nowhere: a deployed Worker has no route to one.
 */
export function refusedHost(text: string, loopbackAllowed = false): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'only http and https URLs are read';
  }
  if (url.username !== '' || url.password !== '') {
    return 'URLs with a user name or password are not read';
  }
  if (loopbackAllowed && isLoopback(url)) {
    return null;
  }
  const octets = IPV4.exec(url.hostname)?.slice(1).map(Number);
  if (octets !== undefined) {
    return isPrivateV4(octets) ? 'it is a private address' : null;
  }
  if (url.hostname.startsWith('[') || !/\.[^.]/.test(url.hostname) || PRIVATE_NAMES.test(url.hostname)) {
    return 'it is not a public host name';
  }
  return null;
}
