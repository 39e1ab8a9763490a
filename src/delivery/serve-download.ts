/** `/v/{link}/download/{file}`: a whole file for a link that allows it. Starts no session and counts no view. */

import { refusal } from '../access/refusal.ts';
import { AppError } from '../errors.ts';
import { isFromSource, type Presentation, videoTracks } from '../media/presentation.ts';
import { noteKind } from '../metrics/meter.ts';
import { admitFile, questionOf } from './decide-playback.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { chooseTracks, type DownloadName, parseDownloadName } from './downloads/choose-tracks.ts';
import { encodedFile } from './downloads/encoded-file.ts';
import { type DownloadFile, serveFile } from './downloads/serve-file.ts';
import { sourceFile } from './downloads/source-file.ts';
import type { Isolate } from './isolate.ts';

type Wanted = { presentation: Presentation; name: DownloadName; sound: string | null };

/** The source is one file, with its own sound. */
function fileOfSource({ MEDIA }: DeliveryEnv, { presentation, name, sound }: Wanted): Promise<DownloadFile> {
  const [video] = videoTracks(presentation);
  const height = video === undefined ? 0 : Math.min(video.width, video.height);
  if (name.kind !== 'film' || sound !== null || (name.height !== null && name.height !== height)) {
    throw new AppError('download_unavailable');
  }
  return sourceFile(MEDIA, presentation, `${presentation.assetId}-${height}.mp4`);
}

function fileOfSegments({ stored, sampleHeads }: Isolate, wanted: Wanted): Promise<DownloadFile> {
  const { presentation, name, sound } = wanted;
  const tracks = chooseTracks(presentation, name, sound);
  if (tracks === null) {
    throw new AppError('download_unavailable');
  }
  const stem = name.kind === 'film' ? `${name.height}.mp4` : `${tracks[0]?.id}.m4a`;
  const fileName = `${presentation.assetId}-${stem}`;
  return encodedFile(stored, sampleHeads, { ref: presentation, tracks, fileName });
}

/** Throws AppError with the code of the check that refuses the request. */
export async function serveDownload(
  isolate: Isolate,
  env: DeliveryEnv,
  request: Request,
  given: { link: string; file: string },
): Promise<Response> {
  noteKind(request, 'download');
  const { presentation, claims } = await admitFile(isolate, questionOf(given.link, request));
  if (claims?.downloads !== true) {
    throw refusal('link_downloads');
  }
  const name = parseDownloadName(given.file);
  if (name === null) {
    throw new AppError('not_found');
  }
  const wanted = { presentation, name, sound: new URL(request.url).searchParams.get('sound') };
  const file = await (isFromSource(presentation) ? fileOfSource(env, wanted) : fileOfSegments(isolate, wanted));
  return serveFile(request, isolate.stored, file);
}
