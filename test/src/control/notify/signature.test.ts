/** Signatures against the example of Standard Webhooks, and when attempts follow each other. */
import { describe, expect, test } from 'vitest';
import { pauseAfter } from '../../../../src/control/notify/retry-schedule.ts';
import { refusedTarget } from '../../../../src/control/notify/send.ts';
import { newSecret, signedHeaders } from '../../../../src/control/notify/signature.ts';

/** Of an event at one endpoint, before it is dead. */
const MAX_ATTEMPTS = 11;

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', sentAtMs: 1_614_265_330_999, body: '{"test": 2432232314}' };
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('a signature', () => {
  test('is that of the specification’s example', async () => {
    expect(await signedHeaders([SECRET], MESSAGE)).toEqual({
      'webhook-id': MESSAGE.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  test('is made with each active secret, newest first', async () => {
    const fresh = newSecret();
    const [first, second, ...more] = (await signedHeaders([fresh, SECRET], MESSAGE))['webhook-signature'].split(' ');
    expect([first, second, more]).toEqual([expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/), SIGNATURE, []]);
    expect(first).not.toBe(SIGNATURE);
  });

  test('has a secret of 32 random bytes', () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newSecret()).not.toBe(newSecret());
  });
});

test('attempts go on for about three days, each pause longer than the one before, at any chance', () => {
  const pauses = (chance: number) =>
    Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => pauseAfter(index + 1, chance) ?? 0);
  for (const chance of [0, 0.5, 1]) {
    const total = pauses(chance).reduce((sum, pause) => sum + pause, 0) / 3_600_000;
    expect(total).toBeGreaterThan(60);
    expect(total).toBeLessThan(91);
  }
  expect(pauses(0.5)).toEqual([...pauses(0.5)].sort((a, b) => a - b));
  expect(pauseAfter(1, 0.5)).toBe(5_000);
  expect(pauseAfter(MAX_ATTEMPTS, 0.5)).toBeNull();
});

describe('an address', () => {
  test.each(['https://hooks.example/a?b=c', 'https://hooks.example:8443/'])('that may be called: %s', (url) => {
    expect(refusedTarget(url, false)).toBeNull();
  });

  test.each([
    'http://hooks.example/',
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://localhost/',
    'https://localhost.localdomain/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://user:password@hooks.example/',
    'ftp://hooks.example/',
    'nonsense',
  ])('that may not: %s', (url) => {
    expect(refusedTarget(url, false)).not.toBeNull();
  });

  test('of this machine may be called where that is asked for, and no other private one', () => {
    expect(refusedTarget('http://127.0.0.1:9/', true)).toBeNull();
    expect(refusedTarget('http://127.0.0.1:9/', false)).not.toBeNull();
    expect(refusedTarget('http://10.0.0.1/', true)).not.toBeNull();
    expect(refusedTarget('http://127.0.0.1.example/', true)).not.toBeNull();
  });
});
