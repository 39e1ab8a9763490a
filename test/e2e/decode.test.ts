/** ffmpeg takes a link like any player: it decodes without a word, and gives the source's frames in every rendition. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Link } from '../../scripts/sign-link.ts';
import { run } from '../system/ffmpeg.ts';
import { countFrames } from '../system/films.ts';
import { shared, signLinks } from './browser/shared.ts';

const DEADLINE_MS = 120_000;
/** AAC frames of 1024 samples: the last one is filled up, and the first may prime the decoder. */
const AUDIO_SECONDS_OVER_MAX = 0.1;

let folder: string;
let links: Link;
let source: { frames: number; seconds: number };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-decode-'));
  const { path } = shared.film;
  const seconds = Number(
    await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path]),
  );
  source = { frames: await countFrames(path), seconds };
  links = await signLinks(shared.film);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.concurrent.each(['hls', 'dash'] as const)('%s', (format) => {
  test('every rendition has exactly the frames of the source, and the sound is whole', async () => {
    const link = links[format];
    const heights = await heightsOf(link);
    expect(heights.length).toBeGreaterThan(1);
    const { lines, streams } = await decodeAll(link, heights.length);
    expect(lines).toEqual([]);
    const pictures = streams.slice(0, heights.length);
    expect(pictures.map(({ frames }) => frames)).toEqual(heights.map(() => source.frames));
    for (const { firstSeconds, steps } of pictures) {
      expect(firstSeconds).toBe(0);
      expect(steps).toEqual([expect.closeTo(source.seconds / source.frames, 3)]);
    }
    expect(streams[heights.length]?.endSeconds).toBeGreaterThan(source.seconds - AUDIO_SECONDS_OVER_MAX);
    expect(streams[heights.length]?.endSeconds).toBeLessThan(source.seconds + AUDIO_SECONDS_OVER_MAX);
  });

  test('a plain `ffmpeg -i LINK` picks picture and sound by itself', async () => {
    const { streams, lines } = await decode(['-i', links[format], '-f', 'framecrc', '-']);
    expect(lines).toEqual([]);
    expect(streams.map(({ frames }) => frames)).toEqual([source.frames, expect.any(Number)]);
  });
});

test('the check notices a damaged segment', async () => {
  const playlistUrl = new URL(secondLine(await text(links.hls), '.m3u8'), links.hls);
  const playlist = await text(playlistUrl);
  const init = /URI="([^"]+)"/.exec(playlist)?.[1] ?? '';
  const paths = [init, secondLine(playlist, '.m4s')];
  const parts = await Promise.all(paths.map((path) => bytes(new URL(path, playlistUrl))));
  const file = Buffer.concat(parts);
  // Past the boxes' headers, amid the slices.
  file.fill(0x55, Math.floor(file.length * 0.6), Math.floor(file.length * 0.7));
  const path = join(folder, 'damaged.mp4');
  await writeFile(path, file);
  expect((await decode(['-i', path, '-f', 'framecrc', '-'])).lines).not.toEqual([]);
});

/** Heights of the renditions, in the order of `0:v:N`. */
async function heightsOf(link: string): Promise<number[]> {
  const entries = ['-select_streams', 'v', '-show_entries', 'stream=height', '-of', 'json'];
  const { streams }: { streams: { height: number }[] } = JSON.parse(
    (await run('ffprobe', ['-v', 'error', ...entries, link])).toString(),
  );
  return streams.map(({ height }) => height);
}

/** One run decodes everything: each picture as it comes (no rate made constant, so none repeated or dropped), and the sound. */
async function decodeAll(link: string, renditions: number): Promise<{ lines: string[]; streams: Stream[] }> {
  const maps = Array.from({ length: renditions }, (_, index) => ['-map', `0:v:${index}`]).flat();
  return decode(['-i', link, ...maps, '-map', '0:a:0', '-fps_mode:v', 'passthrough', '-f', 'framecrc', '-']);
}

/** What came out of one stream. `steps`: every distinct distance between neighbouring frames, in seconds. */
type Stream = { frames: number; firstSeconds: number; endSeconds: number; steps: number[] };

/** Runs ffmpeg to its end. `lines` is all that it had to say, warnings too. */
function decode(args: readonly string[]): Promise<{ lines: string[]; streams: Stream[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn('ffmpeg', ['-v', 'warning', '-nostdin', '-xerror', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    const out: string[] = [];
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (part: string) => out.push(part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => said.push(part));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const lines = said.join('').split('\n').filter(Boolean);
      resolve({
        lines: code === 0 ? lines : [...lines, `ended with ${signal ?? code}`],
        streams: parseFrameCrc(out.join('')),
      });
    });
  });
}

/** ffmpeg's framecrc: `#tb INDEX: N/D` lines, then one line per frame: `INDEX, dts, pts, duration, size, crc`. */
function parseFrameCrc(text: string): Stream[] {
  const rows = [...text.matchAll(/^(\d+), *-?\d+, *(-?\d+), *(\d+),/gm)].map(([, stream, pts, duration]) => ({
    stream: Number(stream),
    pts: Number(pts),
    duration: Number(duration),
  }));
  return [...text.matchAll(/^#tb (\d+): (\d+)\/(\d+)/gm)].map(([, index, numerator, denominator]) => {
    const seconds = (ticks: number): number => (ticks * Number(numerator)) / Number(denominator);
    const frames = rows.filter(({ stream }) => stream === Number(index));
    const [first, last] = [frames.at(0), frames.at(-1)];
    return {
      frames: frames.length,
      firstSeconds: seconds(first?.pts ?? 0),
      endSeconds: seconds((last?.pts ?? 0) + (last?.duration ?? 0)),
      steps: [...new Set(frames.slice(1).map(({ pts }, previous) => seconds(pts - (frames[previous]?.pts ?? 0))))],
    };
  });
}

async function bytes(url: URL): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

const text = async (url: URL | string): Promise<string> => (await bytes(new URL(url))).toString();

/** The second line that ends so: not the first variant, not the first segment, which tests of others look at most. */
function secondLine(playlist: string, ending: string): string {
  return playlist.split('\n').filter((line) => !line.startsWith('#') && line.endsWith(ending))[1] ?? '';
}
