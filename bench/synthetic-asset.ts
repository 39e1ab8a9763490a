/** Writes a published asset with segments of random bytes into the bucket, to measure delivery alone. */
import { createHash, randomBytes } from 'node:crypto';
import { currentKey, initKey, presentationKey, segmentKey } from '../src/media/keys.ts';
import { type Current, type Presentation, presentationSchema } from '../src/media/presentation.ts';

export type PutObject = (key: string, body: Buffer<ArrayBuffer> | string) => Promise<void>;

const TIMESCALE = 30_000;
const SEGMENT_SECONDS = 4;
const SEGMENT_TICKS = SEGMENT_SECONDS * TIMESCALE;

export type SyntheticTrack = {
  id: string;
  /** The short side of the picture. */
  height: number;
  /** The size of each segment. */
  segmentBytes: readonly number[];
};

export type SyntheticAsset = {
  assetId: string;
  /** Relative to the URL of a session. */
  initPath: string;
  segmentPath: (number: number) => string;
};

const REF_VERSION = 'ver1';
const INIT_BYTES = 800;

/** A presentation as publishing writes it. All tracks must have the same number of segments. */
export function syntheticPresentation(assetId: string, tracks: readonly SyntheticTrack[], init: Buffer): Presentation {
  const segments = tracks[0]?.segmentBytes.length ?? 0;
  const [tallest] = tracks.toSorted((a, b) => b.height - a.height);
  const height = tallest?.height ?? 0;
  const sha256 = createHash('sha256').update(init).digest('hex');
  return presentationSchema.parse({
    schema: 1,
    assetId,
    version: REF_VERSION,
    revision: 1,
    source: {
      container: 'mov,mp4',
      sizeBytes: tracks.flatMap(({ segmentBytes }) => segmentBytes).reduce((sum, bytes) => sum + bytes, 0),
      width: (height * 16) / 9,
      height,
      frameRate: { num: 30, den: 1 },
      frameCount: segments * SEGMENT_SECONDS * 30,
      durationSeconds: segments * SEGMENT_SECONDS,
      videoCodec: 'h264',
    },
    tracks: tracks.map(({ id, height: trackHeight, segmentBytes }) => {
      const total = segmentBytes.reduce((sum, bytes) => sum + bytes, 0);
      const bitsPerSecond = (bytes: number) => Math.ceil((bytes * 8) / SEGMENT_SECONDS);
      return {
        id,
        kind: 'video',
        codec: 'avc1.64001f',
        timescale: TIMESCALE,
        presentationOffset: 0,
        bandwidth: { average: bitsPerSecond(total / segments), peak: bitsPerSecond(Math.max(...segmentBytes)) },
        init: { bytes: init.byteLength, sha256 },
        chunks: [{ attempt: '1', firstNumber: 1, segments: segmentBytes.map((bytes) => [SEGMENT_TICKS, bytes]) }],
        width: Math.round((trackHeight * 16) / 18) * 2,
        height: trackHeight,
        frameRate: { num: 30, den: 1 },
        videoRange: 'SDR',
      };
    }),
  });
}

/** Publishes an asset for everybody, without its media. */
export async function publishSynthetic(put: PutObject, presentation: Presentation): Promise<void> {
  await put(presentationKey(presentation, 1), JSON.stringify(presentation));
  const current: Current = { version: presentation.version, revision: 1, policy: 'public', disabled: false };
  await put(currentKey(presentation.assetId), JSON.stringify(current));
}

/** Publishes an asset for everybody: one video track with segments of one size. */
export async function putSyntheticAsset(
  put: PutObject,
  { assetId, segments, segmentBytes }: { assetId: string; segments: number; segmentBytes: number },
): Promise<SyntheticAsset> {
  const id = 'v720';
  const init = randomBytes(INIT_BYTES);
  const tracks = [{ id, height: 720, segmentBytes: Array.from({ length: segments }, () => segmentBytes) }];
  const presentation = syntheticPresentation(assetId, tracks, init);
  await put(initKey(presentation, id), init);
  for (let number = 1; number <= segments; number += 1) {
    await put(segmentKey(presentation, id, '1', number), randomBytes(segmentBytes));
  }
  await publishSynthetic(put, presentation);
  return { assetId, initPath: `${id}/init.mp4`, segmentPath: (number) => `${id}/1/${number}.m4s` };
}

/** Starts a session of a public asset. Returns its URL, which ends with a slash. */
export async function startSession(url: string, assetId: string): Promise<string> {
  const response = await fetch(new URL(`/v/${assetId}/main.m3u8`, url));
  const path = /^\/s\/[^/]+\//m.exec(await response.text())?.[0];
  if (path === undefined) {
    throw new Error(`no session was started: ${response.status}`);
  }
  return new URL(path, url).href;
}
