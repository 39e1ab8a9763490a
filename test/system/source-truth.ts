/**
 * What plays from a source must be that source: every sample once, in order, at its time. Times are read from `tfdt` and `trun`:
 * ffmpeg 5.1 shows signed composition offsets late.
 */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { z } from 'zod';
import { ingestFile } from '../../scripts/ingest.ts';
import type { Link } from '../../scripts/sign-link.ts';
import { signLink } from '../../scripts/sign-link.ts';
import { type Presentation, parsePresentation } from '../../src/media/presentation.ts';
import { run } from './ffmpeg.ts';
import { samplesOf } from './fragment-samples.ts';
import type { TestSystem } from './with-system.ts';

/** Turned films are given to engines that turn them. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36';
const LINK_SECONDS = 3_600;
const PLAYABLE_MS = 15_000;
const POLL_MS = 50;

export type SourceFilm = { id: string; links: Link; playlist: string };

export const fetchAs = (url: string): Promise<Response> => fetch(url, { headers: { 'user-agent': USER_AGENT } });

async function fetchOk(url: string): Promise<Response> {
  const response = await fetchAs(url);
  if (response.status !== 200) {
    throw new Error(`${new URL(url).pathname}: ${response.status} ${await response.text()}`);
  }
  return response;
}

/** Uploads a file, and waits until it plays. Throws unless it plays from the source. */
export async function uploadSource(system: TestSystem, path: string): Promise<SourceFilm> {
  const { id } = await ingestFile({ path, api: system.api });
  const links = await signLink(system.api, id, LINK_SECONDS);
  const deadline = Date.now() + PLAYABLE_MS;
  for (;;) {
    const response = await fetchAs(links.hls);
    const playlist = await response.text();
    if (response.status === 200 && playlist.includes('/sv0.m3u8')) {
      return { id, links, playlist };
    }
    if (Date.now() > deadline) {
      const asset = await system.api.call('GET /assets/{id}', { path: { id } });
      throw new Error(`${path} does not play: ${response.status} ${playlist} ${JSON.stringify(asset)}`);
    }
    await pause(POLL_MS);
  }
}

const currentSchema = z.object({ version: z.string(), revision: z.number() });

/** As it is stored: the API does not show it. */
export async function presentationOf({ s3 }: TestSystem, assetId: string): Promise<Presentation> {
  const { endpoint, bucket, ...keys } = s3;
  const client = new AwsClient({ ...keys, service: 's3', region: 'auto' });
  const read = async (key: string): Promise<string> => {
    const response = await client.fetch(`${endpoint}/${bucket}/assets/${assetId}/${key}`);
    if (!response.ok) {
      throw new Error(`${key}: ${response.status}`);
    }
    return await response.text();
  };
  const { version, revision } = currentSchema.parse(JSON.parse(await read('current.json')));
  return parsePresentation(await read(`${version}/presentation-${revision}.json`));
}

export type TimedSample = { seconds: number; sha256: string };

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

export type MadeTrack = {
  samples: TimedSample[];
  /** Of decode times; the first frames of a film may be decoded before it begins, but not before zero. */
  firstDecodeTicks: number;
  /** Numbers of segments that do not begin with a key frame, or not where the one before ended. */
  brokenSegments: number[];
};

/** All segments of a track of the session that the playlist began. */
export async function readTrack(
  { links, playlist }: SourceFilm,
  presentation: Presentation,
  id: string,
): Promise<MadeTrack> {
  const track = presentation.tracks.find((one) => one.id === id);
  const path = new RegExp(`/s/[^"\\s]+/${id}\\.m3u8`).exec(playlist)?.[0];
  if (track === undefined || path === undefined) {
    throw new Error(`no track ${id}:\n${playlist}`);
  }
  const list = await (await fetchOk(new URL(path, links.hls).href)).text();
  const uris = [...list.matchAll(/^[^#\s]\S*$/gm)].map(([uri]) => new URL(uri, new URL(path, links.hls)).href);
  const samples: TimedSample[] = [];
  const brokenSegments: number[] = [];
  let firstDecodeTicks = Number.NaN;
  let nextTicks = Number.NaN;
  for (const [index, uri] of uris.entries()) {
    const segment = samplesOf(Buffer.from(await (await fetchOk(uri)).arrayBuffer()));
    const [first, last] = [segment[0], segment.at(-1)];
    if (first === undefined || last === undefined || !first.isSync || (index > 0 && first.decodeTicks !== nextTicks)) {
      brokenSegments.push(index + 1);
      continue;
    }
    firstDecodeTicks = index === 0 ? first.decodeTicks : firstDecodeTicks;
    nextTicks = last.decodeTicks + last.durationTicks;
    for (const { presentationTicks, data } of segment) {
      const seconds = (presentationTicks - track.presentationOffset) / track.timescale;
      samples.push({ seconds, sha256: sha256(data) });
    }
  }
  return { samples, firstDecodeTicks, brokenSegments };
}

const packetsSchema = z.object({
  packets: z.array(z.object({ pts_time: z.coerce.number(), data_hash: z.string() })),
});

/** The samples of a file as ffprobe finds them, in decode order, with its edit list applied. */
export async function sourceSamples(path: string, stream: 'v:0' | 'a:0'): Promise<TimedSample[]> {
  const entries = ['-show_entries', 'packet=pts_time,data_hash', '-show_data_hash', 'sha256', '-of', 'json'];
  const json = (await run('ffprobe', ['-v', 'error', '-select_streams', stream, ...entries, path])).toString();
  return packetsSchema
    .parse(JSON.parse(json))
    .packets.map(({ pts_time, data_hash }) => ({ seconds: pts_time, sha256: data_hash.replace('SHA256:', '') }));
}

/** Hashes of all decoded pictures, in the order in which they are shown. */
export async function decodedFrames(input: string): Promise<string[]> {
  const agent = input.startsWith('http') ? ['-user_agent', USER_AGENT] : [];
  const args = ['-noautorotate', '-i', input, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'];
  const text = (await run('ffmpeg', ['-v', 'error', '-nostdin', ...agent, ...args])).toString();
  return [...text.matchAll(/^0,.*, *([0-9a-f]{32})$/gm)].map(([, hash = '']) => hash);
}

/** The largest difference of the times of equal samples, in seconds. */
export const largestDrift = (made: readonly TimedSample[], source: readonly TimedSample[]): number =>
  Math.max(0, ...made.map(({ seconds }, index) => Math.abs(seconds - (source[index]?.seconds ?? Number.NaN))));

export const hashesOf = (samples: readonly TimedSample[]): string[] => samples.map((sample) => sample.sha256);
