/** What a player gets from one of our links, measured with the real ffmpeg: streams, frames and their times, pixels, clicks. */
import { ffmpeg, run, words } from '../../../system/ffmpeg.ts';

export type Stream = {
  codec_type: string;
  codec_name: string;
  profile?: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  r_frame_rate?: string;
  field_order?: string;
  color_space?: string;
  color_transfer?: string;
  color_primaries?: string;
  color_range?: string;
  sample_aspect_ratio?: string;
  channels?: number;
};

/** Every stream of a link, largest picture first. */
export async function streamsOf(link: string): Promise<Stream[]> {
  const text = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', link]);
  const { streams }: { streams: Stream[] } = JSON.parse(text.toString());
  return streams.sort((a, b) => (b.width ?? 0) - (a.width ?? 0));
}

export type Frame = { seconds: number; luma: number };

/** Every frame of the best rendition: its time on the presentation's timeline and the mean luma of its middle. */
export async function framesOf(link: string): Promise<Frame[]> {
  const graph = 'crop=iw/8:ih/8,signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-';
  const text = await ffmpeg(
    '-copyts',
    '-i',
    link,
    '-an',
    '-vf',
    graph,
    ...words('-fps_mode passthrough -f null'),
    '/dev/null',
  );
  return [...text.toString().matchAll(/pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)/g)].map(([, seconds, luma]) => ({
    seconds: Number(seconds),
    luma: Number(luma),
  }));
}

/** The loudest sample's time on the presentation's timeline. */
export async function clickSeconds(link: string): Promise<number> {
  const placed = 'aresample=48000:async=1:first_pts=0,aformat=sample_fmts=s16:channel_layouts=mono';
  const raw = await ffmpeg('-copyts', '-i', link, '-vn', '-af', placed, '-f', 's16le', '-');
  let loudest = 0;
  for (let sample = 1; sample < raw.length / 2; sample++) {
    if (Math.abs(raw.readInt16LE(2 * sample)) > Math.abs(raw.readInt16LE(2 * loudest))) {
      loudest = sample;
    }
  }
  return loudest / 48_000;
}

export type Pixels = { width: number; height: number; at: (x: number, y: number) => [number, number, number] };

/** The first frame of the best rendition as RGB; `at` takes shares of width and height. */
export async function firstPicture(link: string): Promise<Pixels> {
  const [stream] = await streamsOf(link);
  const width = stream?.width ?? 0;
  const height = stream?.height ?? 0;
  const raw = await ffmpeg('-i', link, ...words('-an -frames:v 1 -pix_fmt rgb24 -f rawvideo -'));
  return {
    width,
    height,
    at(x, y) {
      const offset = 3 * (Math.floor(y * height) * width + Math.floor(x * width));
      return [raw[offset] ?? 0, raw[offset + 1] ?? 0, raw[offset + 2] ?? 0];
    },
  };
}

/** How many frames ffmpeg's comb detector takes for interlaced and for progressive. Of a link or a file. */
export async function combing(input: string): Promise<{ interlaced: number; progressive: number }> {
  // Printed at level info, on stderr.
  const graph = 'idet,metadata=mode=print:file=-';
  const text = (await ffmpeg('-i', input, '-an', '-vf', graph, ...words('-f null -'))).toString();
  const last = (name: string): number =>
    Number([...text.matchAll(new RegExp(`lavfi\\.idet\\.multiple\\.${name}=(\\S+)`, 'g'))].at(-1)?.[1] ?? 0);
  return { interlaced: last('tff') + last('bff'), progressive: last('progressive') };
}

/** The largest difference between the time steps of neighbouring frames, in seconds: 0 at a constant rate. */
export function rateWander(frames: readonly Frame[]): number {
  const steps = frames.slice(1).map(({ seconds }, index) => seconds - (frames[index]?.seconds ?? 0));
  return Math.max(...steps) - Math.min(...steps);
}
