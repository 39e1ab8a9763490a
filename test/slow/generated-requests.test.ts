/** Requests generated from the OpenAPI document, to a system that holds a film: no answer is outside the document. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OpenApiDocument } from '../../scripts/docs/openapi-model.ts';
import { ffmpeg, words } from '../system/ffmpeg.ts';
import { drive } from '../system/requests/drive.ts';
import { withSystem } from '../system/with-system.ts';

/** 150 a second on two quiet cores. `PROPERTY_RUNS=10000` sends as many. */
const COUNT = Number(process.env['PROPERTY_RUNS'] ?? 3_000);
const LANES = 4;
/** It is minutes, and several times that beside other tests. */
const TIMEOUT_MS = 20 * 60_000;

/** workerd closes a connection whose body it refused unread, and `fetch` may just be using it again. */
const fetchTwice = (url: URL, init: RequestInit): Promise<Response> => fetch(url, init).catch(() => fetch(url, init));

test('generated requests are answered as the document says', { timeout: TIMEOUT_MS }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-generated-'));
  try {
    const film = join(folder, 'film.mp4');
    await ffmpeg(
      ...words('-f lavfi -i testsrc2=s=320x240:r=25:d=2 -f lavfi -i sine=d=2 -c:v libx264 -preset ultrafast'),
      film,
    );
    await withSystem({ encoders: 0, vars: { RATE_LIMITS: 'off' } }, async (system) => {
      const encoder = system.addEncoder();
      const { id } = await system.ingest(film);
      // The tasks of generated jobs are for generated encoders.
      await encoder.close();
      const document = (await (await fetch(new URL('/v1/openapi.json', system.url))).json()) as OpenApiDocument;
      const { faults, answers } = await drive({
        document,
        send: (path, init) => fetchTwice(new URL(path, system.url), init),
        count: COUNT,
        tokens: { apiToken: system.apiToken, encoderToken: system.encoderToken },
        first: { assets: id },
        lanes: LANES,
      });
      expect([...new Set(faults)]).toEqual([]);
      const reached = [...answers].filter(([, statuses]) => [...statuses.keys()].some((status) => status < 300));
      const missed = [...answers.keys()].filter((name) => !reached.some(([known]) => known === name));
      expect(reached.length / answers.size, `without a success: ${missed}`).toBeGreaterThan(0.5);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
