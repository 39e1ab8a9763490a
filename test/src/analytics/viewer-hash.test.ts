import { describe, expect, test } from 'vitest';
import { ViewerHasher } from '../../../src/analytics/viewer-hash.ts';

const SECRET = 's'.repeat(32);
const OTHER = 'o'.repeat(32);
const DAY = 86_400;
/** Far from the turn of a period. */
const NOW = 600 * 30 * DAY + 15 * DAY;
const newHasher = (changed: object = {}) =>
  new ViewerHasher({ SESSION_SECRET: SECRET, SESSION_SECRET_PREVIOUS: undefined, VIEWER_SALT_DAYS: 30, ...changed });

describe('the hash of a viewer', () => {
  test('is what HMAC-SHA-256 makes of it, in every isolate', async () => {
    const hmac = async (key: BufferSource, text: string) => {
      const algorithm = { name: 'HMAC', hash: 'SHA-256' };
      const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
      return crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text));
    };
    const salt = await hmac(new TextEncoder().encode(SECRET), 'sluice viewer salt 600');
    const expected = [...new Uint8Array(await hmac(salt, 'ann'))].slice(0, 8);
    const hash = await newHasher().hash('ann', NOW);
    expect(hash).toBe(expected.map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('is the same within a period, also when it is remembered, and another one after', async () => {
    const hasher = newHasher();
    const [first, again, later] = [
      await hasher.hash('ann', NOW),
      await hasher.hash('ann', NOW + 14 * DAY),
      await hasher.hash('ann', NOW + 16 * DAY),
    ];
    expect(again).toBe(first);
    expect(later).not.toBe(first);
  });

  test('is another one for another viewer and under another secret', async () => {
    const hashes = [
      await newHasher().hash('ann', NOW),
      await newHasher().hash('bob', NOW),
      await newHasher({ SESSION_SECRET: OTHER }).hash('ann', NOW),
    ];
    expect(new Set(hashes).size).toBe(3);
  });
});

describe('all that a viewer may be known by', () => {
  test('is its hash of now, and of the period before where a session of then may be remembered', async () => {
    expect(await newHasher().allOf('ann', NOW)).toEqual([await newHasher().hash('ann', NOW)]);
    const [turn, hasher] = [601 * 30 * DAY, newHasher()];
    const both = [await hasher.hash('ann', turn - 1), await hasher.hash('ann', turn)];
    expect(await hasher.allOf('ann', turn + 7 * DAY)).toEqual(both);
    expect(await hasher.allOf('ann', turn - DAY / 2)).toEqual(both);
    expect(await hasher.allOf('ann', turn + 9 * DAY)).toEqual([both[1]]);
  });

  test('is there for every day, where the salt lasts one', async () => {
    const hasher = newHasher({ VIEWER_SALT_DAYS: 1 });
    const hashes = await hasher.allOf('ann', NOW);
    for (let days = 0; days <= 8; days += 1) {
      expect(hashes).toContain(await hasher.hash('ann', NOW - days * DAY));
    }
  });

  test('is there under both secrets, while one is being rotated', async () => {
    const rotating = newHasher({ SESSION_SECRET: OTHER, SESSION_SECRET_PREVIOUS: SECRET });
    const hashes = await rotating.allOf('ann', NOW);
    expect(hashes).toContain(await newHasher().hash('ann', NOW));
    expect(hashes).toContain(await newHasher({ SESSION_SECRET: OTHER }).hash('ann', NOW));
  });
});
