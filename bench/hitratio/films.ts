/**
 * The films of bench/hitratio.ts: short and with small segments, so that tens of thousands of objects fit on a laptop.
 */
import { randomBytes } from 'node:crypto';
import { currentKey, initKey, segmentKey } from '../../src/media/keys.ts';
import { forEach, putObjects } from '../many-objects.ts';
import type { ReplayRequest, ReplayTrack } from '../replay.ts';
import type { Runtime } from '../runtime.ts';
import { publishSynthetic, syntheticPresentation } from '../synthetic-asset.ts';
import { objectName, versionOf } from '../tier-model.ts';

/** 4 s at 4, 2 and 1 Mb/s. */
export const TRACKS: readonly ReplayTrack[] = [
  { id: 'v480', height: 480, segmentBytes: 500_000 },
  { id: 'v720', height: 720, segmentBytes: 1_000_000 },
  { id: 'v1080', height: 1080, segmentBytes: 2_000_000 },
];
/** A segment of 2 MB is replayed as 100 KB, and a film of 100 minutes as 16 segments. */
export const SCALE = 20;
export const FILM_SECONDS = 6000;
export const FILM_SEGMENTS = 16;
const INIT_BYTES = 800;
export const ATTEMPT = '1';

export const smallTracks = TRACKS.map((track) => ({ ...track, segmentBytes: track.segmentBytes / SCALE }));

export function distinct(requests: readonly ReplayRequest[]): ReplayRequest[] {
  return [...new Map(requests.map((request) => [objectName(request), request])).values()];
}

export async function putFilms(runtime: Runtime, wanted: readonly ReplayRequest[]): Promise<void> {
  const init = randomBytes(INIT_BYTES);
  const tracks = smallTracks.map(({ segmentBytes, ...track }) => ({
    ...track,
    segmentBytes: Array.from({ length: FILM_SEGMENTS }, () => segmentBytes),
  }));
  await forEach(new Set(wanted.map(({ asset }) => asset)), async (asset) => {
    const presentation = syntheticPresentation(versionOf(asset).assetId, tracks, init);
    await publishSynthetic(runtime.putObject, presentation);
    const { version } = presentation;
    const current = { version, revision: 1, policy: 'signed', disabled: false };
    await runtime.putObject(currentKey(presentation.assetId), JSON.stringify(current));
    for (const { id } of tracks) {
      await runtime.putObject(initKey(presentation, id), init);
    }
  });
  await putObjects(
    runtime,
    wanted.map(({ asset, track, number }) => ({
      key: segmentKey(versionOf(asset), track.id, ATTEMPT, number),
      bytes: track.segmentBytes,
    })),
  );
}
