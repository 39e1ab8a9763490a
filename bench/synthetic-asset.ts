/** Puts an asset into the bucket as publishing leaves it, with segments of random bytes: for measuring delivery alone. */
import { createHash, randomBytes } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { System } from '../scripts/system.ts';
import { currentKey, initKey, presentationKey, segmentKey } from '../src/contract/keys.ts';
import { type Current, presentationSchema } from '../src/contract/presentation.ts';

const TRACK = 'v720';
const TIMESCALE = 30_000;
const SEGMENT_TICKS = 4 * TIMESCALE;
const PUT_TIMEOUT_MS = 60_000;

export type SyntheticAsset = {
  assetId: string;
  /** Below the session: what a player asks for. */
  initPath: string;
  segmentPath: (number: number) => string;
};

/** One video track, open to everybody, its segments all of one size and none of them ever read. */
export async function putSyntheticAsset(
  { s3 }: Pick<System, 's3'>,
  { assetId, segments, segmentBytes }: { assetId: string; segments: number; segmentBytes: number },
): Promise<SyntheticAsset> {
  const { accessKeyId, secretAccessKey } = s3;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' });
  const put = async (key: string, body: Buffer<ArrayBuffer> | string) => {
    const response = await client.fetch(`${s3.endpoint}/${s3.bucket}/${key}`, {
      method: 'PUT',
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      body,
      signal: AbortSignal.timeout(PUT_TIMEOUT_MS),
    });
    if (!response.ok) {
      throw new Error(`PUT ${key}: ${response.status} ${(await response.text()).slice(0, 500)}`);
    }
  };

  const ref = { assetId, version: 'ver1' };
  const init = randomBytes(800);
  const bandwidth = Math.ceil((segmentBytes * 8 * TIMESCALE) / SEGMENT_TICKS);
  const presentation = presentationSchema.parse({
    schema: 1,
    ...ref,
    revision: 1,
    source: {
      container: 'mov,mp4',
      sizeBytes: segments * segmentBytes,
      width: 1280,
      height: 720,
      frameRate: { num: 30, den: 1 },
      frameCount: segments * 120,
      durationSeconds: segments * 4,
      videoCodec: 'h264',
    },
    tracks: [
      {
        id: TRACK,
        kind: 'video',
        codec: 'avc1.64001f',
        timescale: TIMESCALE,
        presentationOffset: 0,
        bandwidth: { average: bandwidth, peak: bandwidth },
        init: { bytes: init.byteLength, sha256: createHash('sha256').update(init).digest('hex') },
        chunks: [
          {
            attempt: '1',
            firstNumber: 1,
            segments: Array.from({ length: segments }, () => [SEGMENT_TICKS, segmentBytes] as const),
          },
        ],
        width: 1280,
        height: 720,
        frameRate: { num: 30, den: 1 },
        videoRange: 'SDR',
      },
    ],
  });
  await put(initKey(ref, TRACK), init);
  for (let number = 1; number <= segments; number += 1) {
    await put(segmentKey(ref, TRACK, '1', number), randomBytes(segmentBytes));
  }
  await put(presentationKey(ref, 1), JSON.stringify(presentation));
  const current: Current = { version: ref.version, revision: 1, policy: 'public', disabled: false };
  await put(currentKey(assetId), JSON.stringify(current));
  return { assetId, initPath: `${TRACK}/init.mp4`, segmentPath: (number) => `${TRACK}/1/${number}.m4s` };
}

/** Starts a playback through the asset's link and gives the address of its session, ending in a slash. */
export async function startSession(url: string, assetId: string): Promise<string> {
  const response = await fetch(new URL(`/v/${assetId}/main.m3u8`, url));
  const path = /^\/s\/[^/]+\//m.exec(await response.text())?.[0];
  if (path === undefined) {
    throw new Error(`no session: ${response.status}`);
  }
  return new URL(path, url).href;
}
