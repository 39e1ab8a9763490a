/** Delivery as players meet it: the routes, the real R2 binding of workerd, and an asset in the bucket. */
import { env } from 'cloudflare:workers';
import { signLink } from '../../../src/access/link-signing.ts';
import { generateSigningKey } from '../../../src/access/signing-keys.ts';
import { app } from '../../../src/app.ts';
import type { DeliveryEnv } from '../../../src/delivery/delivery-env.ts';
import { initKey, presentationKey, samplesKey, segmentKey } from '../../../src/media/keys.ts';
import { fingerprintOf, writeSamplesFile } from '../../../src/media/mp4-file/samples-file.ts';
import { Words } from '../../../src/media/mp4-file/words.ts';
import { type Current, type Presentation, segmentsOf } from '../../../src/media/presentation.ts';
import { forged } from '../access/keys.ts';
import { audioTrack, presentationOf, videoTrack } from '../media/manifest/fixture.ts';

const { privateJwk } = await generateSigningKey('ES256', new Date(0));
const LINK_SIGNING_KEY = { ...privateJwk, kid: 'own' };

/** A new environment has memories of its own. Nothing is remembered unless a test asks for it. */
export function newEnv(changed: Record<string, string> = {}): DeliveryEnv {
  const secret = 'x'.repeat(32);
  const tokens = { API_TOKEN: secret, ENCODER_TOKEN: secret, SESSION_SECRET: secret };
  const { MEDIA } = env as unknown as DeliveryEnv;
  return {
    MEDIA,
    ...tokens,
    LINK_SIGNING_KEY: JSON.stringify(LINK_SIGNING_KEY),
    EDGE_STATE_SECONDS: '0',
    ...changed,
  } as DeliveryEnv;
}

export const ORIGIN = 'https://sluice.example';

/** `path` may hold what URL parsers keep; it is not decoded. */
export const fetchPath = async (delivery: DeliveryEnv, path: string, init: RequestInit = {}): Promise<Response> =>
  app.request(`${ORIGIN}${path}`, init, delivery);

/** Byte k of segment n is (n × 31 + k) mod 251: any two segments, and any two places in one, differ. */
export const segmentBytes = (number: number, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (number * 31 + index) % 251);

export const SEGMENT_BYTES = 1000;

/** Two renditions and sound, small segments; the third segment of video was written by attempt 2. */
export function smallPresentation(
  assetId: string,
  [small, large, sound] = ['v360', 'v720', 'a128-en'] as [string, string, string],
): Presentation {
  const chunks = [
    {
      attempt: '1',
      firstNumber: 1,
      segments: [
        [120_120, SEGMENT_BYTES],
        [120_120, SEGMENT_BYTES],
      ] as [number, number][],
      keyframeBytes: [100, 120],
    },
    { attempt: '2', firstNumber: 3, segments: [[45_045, SEGMENT_BYTES]] as [number, number][], keyframeBytes: [90] },
  ];
  const soundChunks = [{ attempt: '1', firstNumber: 1, segments: [[456_704, SEGMENT_BYTES]] as [number, number][] }];
  return presentationOf(
    [
      videoTrack(small, 640, 360, 1, { chunks }),
      videoTrack(large, 1280, 720, 1, { chunks }),
      audioTrack(sound, 'en', { chunks: soundChunks }),
    ],
    assetId,
  );
}

export async function putCurrent(
  delivery: DeliveryEnv,
  assetId: string,
  changed: Partial<Current> = {},
): Promise<void> {
  const current: Current = { version: 'ver1', revision: 1, policy: 'signed', disabled: false, ...changed };
  await delivery.MEDIA.put(`assets/${assetId}/current.json`, JSON.stringify(current));
}

/** Every object of an asset, as the encoder and publishing leave them. */
export async function putAsset(
  delivery: DeliveryEnv,
  assetId: string,
  changed: Partial<Current> = {},
  presentation = smallPresentation(assetId),
): Promise<Presentation> {
  const bucket = delivery.MEDIA;
  for (const track of presentation.tracks) {
    await bucket.put(initKey(presentation, track.id), `init of ${track.id}`);
    for (const { attempt, number, bytes } of segmentsOf(track)) {
      await bucket.put(segmentKey(presentation, track.id, attempt, number), segmentBytes(number, bytes));
    }
  }
  await bucket.put(presentationKey(presentation, 1), JSON.stringify(presentation));
  await putCurrent(delivery, assetId, changed);
  return presentation;
}

/** Sample tables without samples: enough to be asked for, and nothing that plays. */
export async function putSamples(delivery: DeliveryEnv, presentation: Presentation): Promise<void> {
  for (const track of presentation.tracks) {
    const firstSampleOffsets = new Words();
    for (const _ of segmentsOf(track)) {
      firstSampleOffsets.push(8);
    }
    const tables = { firstSampleOffsets, shiftTicks: 0, boxes: new Uint8Array(100) };
    const bytes = writeSamplesFile(await fingerprintOf(track), new Uint8Array(20), tables);
    await delivery.MEDIA.put(samplesKey(presentation, track.id), bytes);
  }
}

export const link = (assetId: string, options: Partial<Parameters<typeof signLink>[1]> = {}): Promise<string> =>
  signLink({ LINK_SIGNING_KEY } as never, { assetId, expiresInSeconds: 60, now: new Date(), ...options });

/** The session token of an earlier version, with these claims (src/access/session-jwts.ts). */
export const sessionJwt = (claims: Record<string, unknown>, secret = 'x'.repeat(32)): Promise<string> => {
  const exp = Math.floor(Date.now() / 1000) + 60;
  return forged({ alg: 'HS256' }, { i: 'old', v: 'ver1', r: 1, exp, ...claims }, new TextEncoder().encode(secret));
};

/** `Response.text()` warns of media types that are not text to it, among them those of playlists. */
export const textOf = async (response: Response): Promise<string> =>
  new TextDecoder().decode(await response.arrayBuffer());

/** Starts a playback and returns `/s/{session}/`. */
export async function startSession(delivery: DeliveryEnv, token: string): Promise<string> {
  const response = await fetchPath(delivery, `/v/${token}/main.m3u8`);
  const base = /^(\/s\/[^/]+\/)/m.exec(await textOf(response))?.[1];
  if (base === undefined) {
    throw new Error(`no session: ${response.status}`);
  }
  return base;
}

/** Status and code of a refusal; a refusal that could be cached, or that a page could not read, is an error. */
export async function refusalOf(response: Response): Promise<string> {
  const { headers, status } = response;
  const problem = await response.json<{ code: string; status: number }>();
  const sound =
    headers.get('content-type') === 'application/problem+json' &&
    headers.get('cache-control') === 'no-store' &&
    headers.get('access-control-allow-origin') === '*' &&
    headers.get('x-content-type-options') === 'nosniff' &&
    problem.status === status;
  return `${status} ${problem.code}${sound ? '' : ' (unsound)'}`;
}
