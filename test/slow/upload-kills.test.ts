/** workerd is killed at random moments of one upload: nothing that was acknowledged is lost, and the file is whole. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FragileSystem } from '../../bench/chaos/fragile-system.ts';
import { Random } from '../../bench/random.ts';
import { readSecrets } from '../../scripts/secrets.ts';
import { s3AccessOf } from '../../scripts/system.ts';
import { storedSha256, tusUpload, untilEnded, uploadIdIn } from '../system/uploads.ts';

/** Each restart takes seconds. `KILLS=20` for more. */
const KILLS = Number(process.env['KILLS'] ?? 6);
/** Two parts of R2, and a rest; with more kills, five. */
const FILM = randomBytes((KILLS > 10 ? 80 : 34) * 1024 ** 2 + 4_321);
/** Some bodies within a part, and some across two. */
const BODY_BYTES = 3_000_000;
/** workerd dies a little after the bytes that decide it, so in the middle of whatever it does then. */
const LATE_MS = 100;
const RETRY_DELAYS = Array.from({ length: 1_000 }, () => 100);
const TIMEOUT_MS = 15 * 60_000;
const LOG_LINES_SHOWN = 40;

/** Moments on the way, spread over what is left. The last one is the end, when the parts become one object. */
function* momentsOf(random: Random): Generator<number, void, number> {
  let acknowledged = 0;
  for (let left = KILLS; left > 1; left -= 1) {
    acknowledged = yield acknowledged + (random.between(0.1, 1) * (FILM.length - acknowledged)) / (left + 1);
  }
  yield FILM.length;
}

test(`${KILLS} kills`, { timeout: TIMEOUT_MS }, async ({ onTestFailed }) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  const random = new Random(seed);
  const logLines: string[] = [];
  onTestFailed(() => console.error([`SEED=${seed}`, ...logLines.slice(-LOG_LINES_SHOWN)].join('\n')));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-kills-'));
  const log = ({ text }: { text: string }) => void logLines.push(text);
  const system = await FragileSystem.start({ folder, encoders: 0, leaseSeconds: 5, log });
  try {
    const moments = momentsOf(random);
    let acknowledged = 0;
    let next = moments.next(0).value ?? Number.POSITIVE_INFINITY;
    let [kills, restarting] = [0, Promise.resolve()];
    let isRestarting = false;
    const lost: [acknowledged: number, told: number][] = [];
    const kill = async () => {
      await pause(random.between(0, LATE_MS));
      await system.restartWorker('kill');
      kills += 1;
      next = moments.next(acknowledged).value ?? Number.POSITIVE_INFINITY;
      isRestarting = false;
    };
    const url = await tusUpload(system, FILM, {
      metadata: { filename: 'film.mp4', asset: '{"title":"Survivor"}' },
      chunkSize: BODY_BYTES,
      retryDelays: RETRY_DELAYS,
      onProgress: (sentBytes) => {
        if (sentBytes >= next && !isRestarting) {
          isRestarting = true;
          restarting = kill();
        }
      },
      onAfterResponse: (_request, response) => {
        const told = Number(response.getHeader('upload-offset') ?? 0);
        if (response.getStatus() < 300 && told < acknowledged) {
          lost.push([acknowledged, told]);
        }
        acknowledged = Math.max(acknowledged, told);
      },
    });
    await restarting;
    expect(lost).toEqual([]);
    // A fast upload may end while the runtime restarts.
    expect(kills).toBeGreaterThanOrEqual(KILLS / 2);

    const id = uploadIdIn(url);
    const upload = await untilEnded(system.api, id);
    expect(upload).toMatchObject({ state: 'finished', lengthBytes: FILM.length });
    const { assets } = await system.api.call('GET /assets', {});
    expect(assets.map(({ id, title }) => [id, title])).toEqual([[upload.asset, 'Survivor']]);
    const secrets = readSecrets(join(folder, 'state'));
    expect(secrets && (await storedSha256(s3AccessOf(system.url, secrets), id))).toBe(
      createHash('sha256').update(FILM).digest('hex'),
    );
  } finally {
    await system.close();
    await rm(folder, { recursive: true, force: true });
  }
});
