/** Sources that must be encoded, each unusual in one way. Generated when the test runs; small and short. */
import { readFile, writeFile } from 'node:fs/promises';
import { ffmpeg, words } from '../../../system/ffmpeg.ts';

const X264 = words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p');
const lavfi = (graph: string): string[] => ['-f', 'lavfi', '-i', graph];
const picture = (seconds: number, size = '320x240', rate = 25): string[] =>
  lavfi(`testsrc2=s=${size}:r=${rate}:d=${seconds}`);
const tone = (seconds: number): string[] => lavfi(`sine=f=440:r=48000:d=${seconds}`);

/** Grey level of frame n of the numbered clips: neighbours differ by far more than x264's error. */
export const greyOf = (frame: number): number => 30 + ((frame * 65) % 200);
const numbered = (seconds: number, rate: number): string[] =>
  lavfi(`nullsrc=s=64x48:r=${rate}:d=${seconds},geq=lum='30+mod(N*65\\,200)':cb=128:cr=128`);

/** The late-sound clip shows one white frame and clicks once, both at this time. */
export const FLASH_SECONDS = 1.2;

/** Ten-bit H.265 whose tags say how bright its levels are; grey steps from black to white. */
const hdr = (transfer: string, path: string): Promise<Buffer> =>
  ffmpeg(
    ...lavfi("nullsrc=s=320x240:r=25:d=1,format=yuv420p10le,geq=lum='64+876*floor(X/64)/4':cb=512:cr=512"),
    ...words('-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -tag:v hvc1'),
    ...[
      '-x265-params',
      `log-level=none:pools=1:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:range=limited`,
    ],
    ...['-color_primaries', 'bt2020', '-color_trc', transfer, '-colorspace', 'bt2020nc', '-color_range', 'tv', path],
  );

/**
 * Writes the display matrix of a phone held upright into an MP4's first track (ISO/IEC 14496-12 8.3): the point (x, y) is
 * shown at (height − y, x), a quarter turn clockwise. By hand, as ffmpeg's option for it differs between versions.
 */
async function turnClockwise(path: string, height: number): Promise<void> {
  const bytes = await readFile(path);
  const matrixAt = bytes.indexOf('tkhd') + 4 + 40;
  const fixed = 0x1_00_00;
  [0, fixed, 0, -fixed, 0, 0, height * fixed, 0, 0x40_00_00_00].forEach((value, index) => {
    bytes.writeInt32BE(value, matrixAt + 4 * index);
  });
  await writeFile(path, bytes);
}

/** File name → how to make it. */
export const CLIPS = {
  'silent.mp4': (path) => ffmpeg(...picture(2), ...X264, path),
  'odd-size.mkv': (path) => ffmpeg(...picture(1, '853x481'), ...tone(1), ...X264, '-pix_fmt', 'yuv444p', path),
  'upright-phone.mp4': async (path) => {
    const box = 'color=c=gray:s=320x240:r=25:d=1,drawbox=x=0:y=0:w=80:h=60:color=red:t=fill';
    await ffmpeg(...lavfi(box), ...X264, path);
    await turnClockwise(path, 240);
  },
  // One second at 30 fps, then one at 15; then the same with every time a little off.
  'two-rates.mp4': (path) =>
    ffmpeg(
      ...lavfi(`testsrc2=s=320x240:r=30:d=1.5,settb=1/90000,setpts='if(lt(N,30),N*3000,90000+(N-30)*6000)'`),
      ...[...X264, '-fps_mode', 'vfr', '-video_track_timescale', '90000', path],
    ),
  'jitter.mp4': (path) =>
    ffmpeg(
      ...lavfi(`testsrc2=s=320x240:r=30:d=2,settb=1/90000,setpts='N*3000+mod(N*37,5)*550'`),
      ...[...X264, '-fps_mode', 'vfr', '-video_track_timescale', '90000', path],
    ),
  // A soft white box that moves five points per field: what testsrc2 draws looks combed to begin with.
  'interlaced.mp4': (path) =>
    ffmpeg(
      ...lavfi('color=c=gray:s=320x240:r=50:d=2'),
      ...lavfi('color=c=white:s=60x120:r=50:d=2'),
      ...['-filter_complex', `overlay=x='mod(n*5,260)':y=60,gblur=sigma=1.5,tinterlace=interleave_top,setfield=tff`],
      ...[...X264, ...words('-flags +ilme+ildct -x264-params tff=1'), path],
    ),
  'ten-bit.mkv': (path) => ffmpeg(...picture(1), ...X264, '-pix_fmt', 'yuv420p10le', path),
  'hdr-pq.mp4': (path) => hdr('smpte2084', path),
  'hdr-hlg.mp4': (path) => hdr('arib-std-b67', path),
  'one-frame.mp4': (path) => ffmpeg(...picture(0.04), ...X264, path),
  'high-rate.mkv': (path) => ffmpeg(...numbered(20, 120), ...X264, path),
  'vp9-opus.webm': (path) =>
    ffmpeg(
      ...[...picture(2), ...tone(2)],
      ...words('-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 300k -c:a libopus'),
      path,
    ),
  'transport.ts': (path) => ffmpeg(...picture(2), ...tone(2), ...X264, ...words('-c:a aac -bf 2'), path),
  'edit-list.mov': async (path) => {
    const whole = `${path}.whole.mp4`;
    await ffmpeg(...numbered(2, 25), ...X264, '-g', '50', whole);
    // No key frame lies there, so the copy keeps the frames before it and hides them with an edit.
    await ffmpeg('-ss', '0.52', '-i', whole, '-c', 'copy', path);
  },
  'late-sound.mkv': (path) =>
    ffmpeg(
      ...lavfi(`color=c=black:s=320x240:r=25:d=3,geq=lum='if(eq(N\\,${FLASH_SECONDS * 25})\\,235\\,16)':cb=128:cr=128`),
      ...['-itsoffset', '0.5'],
      ...lavfi(`aevalsrc='if(eq(n\\,${Math.round((FLASH_SECONDS - 0.5) * 48_000)})\\,0.9\\,0)':s=48000:d=2.5`),
      ...[...X264, '-crf', '10', '-c:a', 'pcm_s16le', path],
    ),
} as const satisfies Record<string, (path: string) => Promise<unknown>>;
export type ClipName = keyof typeof CLIPS;
