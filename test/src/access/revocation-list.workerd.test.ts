import { base64url } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  fingerprintOf,
  fingerprintToHex,
  formatRevocations,
  MAX_REVOCATION_LIST_BYTES,
  MAX_REVOCATIONS,
  REVOCATION_KINDS,
  RevocationList,
  type RevocationRecord,
} from '../../../src/access/revocation-list.ts';
import { fingerprintLink, linkRevocation, sessionRevocation } from '../../../src/access/revocations.ts';

const NOW = 1_800_000_000;

const record = async (kind: (typeof REVOCATION_KINDS)[number], value: string, expiresAtMs: number | null = null) => ({
  fingerprint: fingerprintToHex(await fingerprintOf(kind, value)),
  expiresAtMs,
});
const listOf = (...records: RevocationRecord[]): RevocationList =>
  RevocationList.parse(formatRevocations(records.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))));

/** Fingerprints that were not hashed. */
const made = (...words: number[]): RevocationRecord => ({
  fingerprint: fingerprintToHex(Uint32Array.from(words)),
  expiresAtMs: null,
});
const has = (list: RevocationList, ...words: number[]): boolean => list.has(Uint32Array.from(words), 0, NOW);

describe('a list', () => {
  test('that is empty has nothing', async () => {
    for (const list of [RevocationList.EMPTY, listOf()]) {
      expect(list.size).toBe(0);
      expect(list.has(await fingerprintOf('link', 'a'), 0, NOW)).toBe(false);
    }
  });

  test('tells kinds apart', async () => {
    const list = listOf(await record('link', 'a'));
    for (const kind of REVOCATION_KINDS) {
      expect(list.has(await fingerprintOf(kind, 'a'), 0, NOW)).toBe(kind === 'link');
    }
  });

  test('forgets an entry at its time, to the second above', async () => {
    const list = listOf(await record('link', 'a', NOW * 1000 + 1), await record('link', 'b', NOW * 1000));
    const a = await fingerprintOf('link', 'a');
    expect(list.has(a, 0, NOW)).toBe(true);
    expect(list.has(a, 0, NOW + 0.999)).toBe(true);
    expect(list.has(a, 0, NOW + 1)).toBe(false);
    expect(list.has(await fingerprintOf('link', 'b'), 0, NOW)).toBe(false);
  });

  test('may hold what never expires, and what does far away', async () => {
    const list = listOf(await record('asset', 'a'), await record('asset', 'b', 9e15));
    for (const value of ['a', 'b']) {
      expect(list.has(await fingerprintOf('asset', value), 0, 4e9)).toBe(true);
    }
  });

  test('compares all words, as unsigned numbers', () => {
    const top = 0xffff_ffff;
    const list = listOf(made(0, 0, 0), made(7, 1, top), made(7, 2, 0), made(7, 2, 1), made(top, top, top));
    for (const words of [
      [0, 0, 0],
      [7, 1, top],
      [7, 2, 0],
      [7, 2, 1],
      [top, top, top],
    ]) {
      expect(has(list, ...words)).toBe(true);
    }
    for (const words of [
      [0, 0, 1],
      [7, 1, 0],
      [7, 2, 2],
      [6, 2, 0],
      [top, top, 0],
      [top, 0, top],
      [2 ** 31, 0, 0],
    ]) {
      expect(has(list, ...words)).toBe(false);
    }
  });

  test.each([1, 2, 3, 4, 5, 31, 32, 33, 1000])('of %i finds each of them, and no neighbour', (count) => {
    const step = Math.floor(2 ** 32 / count);
    const list = listOf(...Array.from({ length: count }, (_, index) => made(index * step, index, 5)));
    for (let index = 0; index < count; index++) {
      expect(has(list, index * step, index, 5)).toBe(true);
      expect(has(list, index * step, index, 6)).toBe(false);
      expect(has(list, index * step + 1, index, 5)).toBe(false);
    }
  });

  test('of 100,000 finds every one, and none of as many others', async () => {
    const random = () => crypto.getRandomValues(new Uint32Array(12_000));
    const batches = Array.from({ length: 25 }, random);
    const records = batches.flatMap((words) =>
      Array.from({ length: 4000 }, (_, index) => ({
        fingerprint: fingerprintToHex(words.subarray(index * 3, index * 3 + 3)),
        expiresAtMs: index % 2 === 0 ? null : (NOW + (index % 4 === 1 ? 1 : -1)) * 1000,
      })),
    );
    const list = listOf(...records);
    expect(list.size).toBe(100_000);
    let wrong = 0;
    for (const words of batches) {
      for (let index = 0; index < 4000; index++) {
        wrong += list.has(words, index * 3, NOW) === (index % 4 !== 3) ? 0 : 1;
      }
    }
    const others = Array.from({ length: 25 }, random);
    wrong += others
      .flatMap((words) => Array.from({ length: 4000 }, (_, i) => list.has(words, i * 3, NOW)))
      .filter(Boolean).length;
    expect(wrong).toBe(0);
  });

  test('of the most entries is within the bytes that are read', () => {
    const records = Array<RevocationRecord>(MAX_REVOCATIONS).fill(made(1, 2, 3));
    expect(formatRevocations(records).length).toBeLessThan(MAX_REVOCATION_LIST_BYTES);
  });
});

const listText = (records: Uint8Array): string => JSON.stringify({ schema: 1, records: base64url.encode(records) });

describe('a text that is no list is an error, never an empty list', () => {
  const good = formatRevocations([made(1, 0, 0), made(2, 0, 0)]);

  test.each([
    ['nothing', ''],
    ['another thing', '[]'],
    ['another schema', good.replace('"schema":1', '"schema":2')],
    ['a member too many', good.replace('{', '{"x":1,')],
    ['half a record', formatRevocations([made(1, 0, 0)]).replace('AAAA', '')],
    ['a word more than a record', listText(Uint8Array.from({ length: 20 }, (_, index) => (index === 16 ? 5 : 0)))],
    ['no base64url', JSON.stringify({ schema: 1, records: '!!!!' })],
    ['unsorted', formatRevocations([made(2, 0, 0), made(1, 0, 0)])],
    ['unsorted in the last word', formatRevocations([made(1, 0, 2), made(1, 0, 1)])],
    ['one twice', formatRevocations([made(1, 0, 0), made(1, 0, 0)])],
  ])('%s', (_, text) => {
    expect(RevocationList.parse(good).size).toBe(2);
    expect(() => RevocationList.parse(text)).toThrow();
  });
});

describe('what decides', async () => {
  const session = {
    sessionId: 's',
    assetId: 'a',
    version: 'v',
    revision: 1,
    expiresAtSeconds: NOW + 60,
    link: await fingerprintLink({ jti: 'l', viewer: 'u', kid: 'k' }),
  };

  test.each([
    ['session', 's'],
    ['link', 'l'],
    ['viewer', 'u'],
    ['asset', 'a'],
    ['key', 'k'],
  ] as const)('of a session: its %s', async (kind, value) => {
    expect(await sessionRevocation(listOf(await record(kind, value)), session, NOW)).toBe(kind);
    expect(await sessionRevocation(listOf(await record(kind, 'x')), session, NOW)).toBeNull();
    // Another list for the same session: the answer must not be remembered.
    expect(await sessionRevocation(listOf(await record(kind, value)), session, NOW)).toBe(kind);
  });

  test('of a session without a link: session and asset', async () => {
    const bare = { ...session, link: undefined };
    expect(await sessionRevocation(listOf(await record('asset', 'a')), bare, NOW)).toBe('asset');
    const undefinedIds = await Promise.all(REVOCATION_KINDS.map((kind) => record(kind, 'undefined')));
    expect(await sessionRevocation(listOf(...undefinedIds, await record('viewer', '')), bare, NOW)).toBeNull();
  });

  test('of a link: the first kind', async () => {
    const list = listOf(await record('viewer', 'u'), await record('key', 'k'));
    expect(await linkRevocation(list, { link: 'l', viewer: 'u', asset: 'a', key: 'k' }, NOW)).toBe('viewer');
    expect(await linkRevocation(list, { asset: 'a', key: 'k' }, NOW)).toBe('key');
    expect(await linkRevocation(list, { asset: 'a' }, NOW)).toBeNull();
  });
});
