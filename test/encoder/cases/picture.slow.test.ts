/** Which picture is shown, in which shape and colours. Colours are checked against numbers from the standards. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { ffmpeg } from '../../../bench/ffmpeg.ts';
import { type Ingredients, joinParts, makeFilm, words } from '../../../bench/frames/make-film.ts';
import { addToSampleEntry, dolbyVisionBox, patchFile } from '../../../bench/frames/mp4-patches.ts';
import { type Case, range, runCases } from './run-cases.ts';

const BLACK = [0, 0, 0] as const;
/** Of luma 180. */
const GREY = [191, 191, 191] as const;
const CODEC_ERROR = 6;
const SILENT = { sound: 0 };
const MPEG2 = words('-c:v mpeg2video -q:v 3 -g 15 -bf 2 -sc_threshold 1000000000');

type Flat = {
  /** Code values of the first three planes: Y Cb Cr, or G B R. */
  codes: readonly [number, number, number];
  pixelFormat: string;
  depth?: number;
  size?: string;
  tags?: string;
  output?: string;
  seconds?: number;
};

/** A film of one colour, given by its code values, so that no converter of ffmpeg has a say in the input. */
async function flat(directory: string, name: string, colour: Flat): Promise<string> {
  const {
    codes,
    pixelFormat,
    depth = 8,
    size = '128x72',
    tags = '',
    output = '-c:v libx264 -preset ultrafast -qp 1',
  } = colour;
  const path = join(directory, name);
  const scale = 2 ** (depth - 8);
  const [first, second, third] = codes.map((code) => Math.round(code * scale));
  const planes = pixelFormat.startsWith('gbr')
    ? `g=${first}:b=${second}:r=${third}`
    : `lum=${first}:cb=${second}:cr=${third}`;
  await ffmpeg(
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      `color=s=${size}:r=25:d=${colour.seconds ?? 0.4},format=${pixelFormat},geq=${planes}`,
    ],
    ...[...words(output), ...(tags === '' ? [] : words(tags)), path],
  );
  return path;
}

/** Luma and colour differences of R'G'B' (0 to 1), in limited range. kr, kb: ITU-R BT.709, BT.601, BT.2020. */
function yCbCr(rgb: readonly number[], kr: number, kb: number): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = rgb;
  const y = kr * red + (1 - kr - kb) * green + kb * blue;
  return [16 + 219 * y, 128 + (112 * (blue - y)) / (1 - kb), 128 + (112 * (red - y)) / (1 - kr)];
}
const BT2020 = [0.2627, 0.0593] as const;
const BT709 = [0.2126, 0.0722] as const;
const BT601 = [0.299, 0.114] as const;
const HEVC10 = '-c:v libx265 -preset ultrafast -x265-params log-level=error:lossless=1 -tag:v hvc1';
const tagsOf = (primaries: string, transfer: string, matrix: string, range_ = 'tv'): string =>
  `-color_primaries ${primaries} -color_trc ${transfer} -colorspace ${matrix} -color_range ${range_}`;

/** Linear R G B of BT.709 in BT.2020 (ITU-R BT.2087, inverted) and in P3 with a white of D65. */
const TO_BT2020 = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
];
const TO_P3 = [
  [0.8225, 0.1774, 0],
  [0.0332, 0.9669, 0],
  [0.0171, 0.0724, 0.9108],
];
/** What a display makes of R′G′B′ (ITU-R BT.1886), which is what a conversion has to keep (BT.2087, 2). */
const DISPLAY_GAMMA = 2.4;
/** R′G′B′ of a colour of BT.709 as a wider gamut codes it. */
const widened = (rgb: readonly number[], matrix: readonly number[][]): number[] =>
  matrix.map(
    (row) =>
      row.reduce((sum, share, channel) => sum + share * ((rgb[channel] ?? 0) / 255) ** DISPLAY_GAMMA, 0) **
      (1 / DISPLAY_GAMMA),
  );

/** Colours of BT.709. */
const COLOURS: readonly (readonly [string, readonly [number, number, number]])[] = [
  ['red', [255, 0, 0]],
  ['green', [0, 255, 0]],
  ['blue', [0, 0, 255]],
  ['skin', [194, 150, 130]],
  ['grey', [128, 128, 128]],
];
const gamutFilm = (directory: string, rgb: readonly number[], isP3: boolean): Promise<string> =>
  flat(directory, 'source.mp4', {
    ...{
      codes: isP3 ? yCbCr(rgb, ...BT709) : yCbCr(rgb, ...BT2020),
      pixelFormat: 'yuv420p10le',
      depth: 10,
      output: HEVC10,
    },
    tags: isP3 ? tagsOf('smpte432', 'bt709', 'bt709') : tagsOf('bt2020', 'bt709', 'bt2020nc'),
  });
const gamut: Case[] = [
  ...COLOURS.flatMap(([name, rgb]): Case[] =>
    [false, true].map((isP3) => ({
      name: `${name} in ${isP3 ? 'P3' : 'BT.2020'} SDR`,
      make: (directory) => gamutFilm(directory, widened(rgb, isP3 ? TO_P3 : TO_BT2020), isP3),
      right: { colours: [{ rgb }], warnings: ['gamut_reduced'] },
    })),
  ),
  {
    name: 'the green of BT.2020 itself is clipped',
    make: (directory) => gamutFilm(directory, [0, 1, 0], false),
    right: { colours: [{ rgb: [0, 255, 0] }], warnings: ['gamut_reduced'] },
  },
];

/** The colour that comes out, from the one that is coded: flat films of each kind. */
const exact: Case[] = [
  {
    name: 'YCgCo 4:2:0: orange',
    // R'G'B' 240 140 40: Y 140, Cg 0, Co 100, as differences scaled to limited range (ITU-T H.273).
    make: (directory) =>
      flat(directory, 'source.mp4', {
        codes: [16 + (219 * 140) / 255, 128, 128 + (224 * 100) / 255],
        ...{ pixelFormat: 'yuv420p', tags: tagsOf('bt709', 'bt709', 'ycgco') },
      }),
    right: { colours: [{ rgb: [240, 140, 40] }] },
  },
  {
    name: 'YCgCo 4:4:4: green',
    // R'G'B' 60 180 60: Y 120, Cg 60, Co 0.
    make: (directory) =>
      flat(directory, 'source.mkv', {
        codes: [16 + (219 * 120) / 255, 128 + (224 * 60) / 255, 128],
        ...{ pixelFormat: 'yuv444p', tags: tagsOf('bt709', 'bt709', 'ycgco') },
      }),
    right: { colours: [{ rgb: [60, 180, 60] }] },
  },
  {
    name: 'BT.601 with tags, orange',
    make: (directory) =>
      flat(directory, 'source.mp4', {
        ...{
          codes: yCbCr([0.9, 0.5, 0.2], ...BT601),
          pixelFormat: 'yuv420p',
          tags: tagsOf('bt709', 'bt709', 'smpte170m'),
        },
      }),
    right: { colours: [{ rgb: [230, 128, 51], within: 2 }], warnings: [] },
  },
  {
    name: 'full range BT.709, orange',
    make: (directory) => {
      const [y, cb, cr] = yCbCr([0.9, 0.5, 0.2], ...BT709).map((code, plane) =>
        plane === 0 ? ((code - 16) * 255) / 219 : 128 + ((code - 128) * 255) / 224,
      );
      return flat(directory, 'source.mp4', {
        ...{ codes: [y ?? 0, cb ?? 0, cr ?? 0], pixelFormat: 'yuv420p', tags: tagsOf('bt709', 'bt709', 'bt709', 'pc') },
      });
    },
    right: { colours: [{ rgb: [230, 128, 51], within: 2 }], warnings: [] },
  },
  {
    name: 'R′G′B′ in Matroska, orange',
    make: (directory) =>
      flat(directory, 'source.mkv', { codes: [128, 51, 230], pixelFormat: 'gbrp', output: '-c:v ffv1' }),
    right: { colours: [{ rgb: [230, 128, 51], within: 2 }], warnings: [] },
  },
];

const hdr: Case[] = [
  {
    name: 'PQ with odd sides, VP9',
    make: (directory) =>
      flat(directory, 'source.webm', {
        ...{ codes: [120, 128, 128], pixelFormat: 'yuv420p10le', depth: 10, size: '161x91' },
        output: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -profile:v 2',
        tags: tagsOf('bt2020', 'smpte2084', 'bt2020nc'),
      }),
    right: { frames: 10, size: [160, 90], warnings: ['hdr_to_sdr'] },
  },
  {
    name: 'HLG with odd sides, FFV1 of 4:2:2',
    make: (directory) =>
      flat(directory, 'source.mkv', {
        ...{ codes: [100, 128, 128], pixelFormat: 'yuv422p10le', depth: 10, size: '163x93', output: '-c:v ffv1' },
        tags: tagsOf('bt2020', 'arib-std-b67', 'bt2020nc'),
      }),
    right: { frames: 10, warnings: ['hdr_to_sdr'] },
  },
  {
    name: 'Dolby Vision profile 5, whose base layer is in no colours that others know',
    make: async (directory) => {
      const colour = { codes: [100, 128, 128] as const, pixelFormat: 'yuv420p10le', depth: 10, output: HEVC10 };
      const path = await flat(directory, 'source.mp4', colour);
      return patchFile(path, (bytes) => addToSampleEntry(bytes, 'hvc1', dolbyVisionBox(5, 0)));
    },
    right: { error: 'source_unsupported', message: /Dolby Vision/ },
  },
  {
    name: 'Dolby Vision profile 8.4: the base layer is HLG',
    make: async (directory) => {
      const tags = tagsOf('bt2020', 'arib-std-b67', 'bt2020nc');
      const colour = { codes: [100, 128, 128] as const, pixelFormat: 'yuv420p10le', depth: 10, output: HEVC10, tags };
      const path = await flat(directory, 'source.mp4', colour);
      return patchFile(path, (bytes) => addToSampleEntry(bytes, 'hvc1', dolbyVisionBox(8, 4)));
    },
    right: { frames: 10, warnings: ['hdr_to_sdr'] },
  },
];

/** Transport streams whose parts have other sizes; each part lasts 2 s. */
const sizes = (directory: string, ...parts: readonly Ingredients[]): Promise<string> =>
  joinParts(
    directory,
    'source.ts',
    parts.map((part, index) => ({
      ...{ frames: 50, firstNumber: 50 * index, sound: 0, filters: 'geq=lum=180:cb=128:cr=128', ...part },
      output: [...(part.output ?? []), '-output_ts_offset', String(2 * index)],
    })),
  );
/** A grey picture boxed at left and right: black, the box, black. */
const pillarbox = (at: number) => [
  { at, x: 0.05, rgb: BLACK, within: CODEC_ERROR },
  { at, x: 0.5, rgb: GREY, within: CODEC_ERROR },
  { at, x: 0.95, rgb: BLACK, within: CODEC_ERROR },
];
const letterbox = (at: number) => pillarbox(at).map(({ x, ...rest }) => ({ ...rest, y: x }));
const filled = (at: number) => [0.02, 0.5, 0.98].map((x) => ({ at, x, rgb: GREY, within: CODEC_ERROR }));

const shapes: Case[] = [
  {
    name: 'landscape, then portrait: boxed into the first shape',
    make: (directory) => sizes(directory, { size: '160x90' }, { size: '90x160' }),
    right: { frames: 100, colours: [...filled(0.5), ...pillarbox(3)], warnings: ['size_changes'] },
  },
  {
    name: 'portrait, then landscape',
    make: (directory) => sizes(directory, { size: '90x160' }, { size: '160x90' }),
    right: { frames: 100, colours: [...filled(0.5), ...letterbox(3)], warnings: ['size_changes'] },
  },
  {
    name: 'a small picture, then one four times as large: the ladder is that of the larger',
    make: (directory) => sizes(directory, { size: '160x90' }, { size: '640x360' }),
    right: { frames: 100, size: [640, 360], colours: [...filled(0.5), ...filled(3)], warnings: ['size_changes'] },
  },
  {
    name: '16:9, then 4:3 by the shape of its samples alone',
    make: (directory) =>
      sizes(
        directory,
        ...['64/45', '16/15'].map((shape) => ({
          ...{ size: '180x144', filters: `geq=lum=180:cb=128:cr=128,setsar=${shape}`, output: MPEG2 },
        })),
      ),
    right: { frames: 100, colours: [...filled(0.5), ...pillarbox(3)], warnings: ['size_changes'] },
  },
  {
    name: 'interlaced 720 × 576, then 544 × 576 (DVB)',
    make: (directory) =>
      sizes(
        directory,
        ...(['720x576', '544x576'] as const).map((size) => ({
          ...{ size, filters: 'geq=lum=180:cb=128:cr=128,setsar=16/15,setfield=tff' },
          output: [...MPEG2, ...words('-flags +ilme+ildct')],
        })),
      ),
    right: { frames: 100, warnings: ['deinterlaced', 'size_changes'] },
  },
];

const still = async (directory: string, name: string, size: string): Promise<string> => {
  const path = join(directory, name);
  await ffmpeg('-v', 'error', '-f', 'lavfi', '-i', `color=red:s=${size}`, '-frames:v', '1', path);
  return path;
};
/** Several files into one, `maps` in this order. */
async function mux(directory: string, name: string, paths: readonly string[], ...args: string[]): Promise<string> {
  const path = join(directory, name);
  await ffmpeg('-v', 'error', ...paths.flatMap((from) => ['-i', from]), ...args, '-c', 'copy', path);
  return path;
}

const choices: Case[] = [
  {
    name: 'a still as first ordinary track of Matroska',
    make: async (directory) => {
      const film = await makeFilm(directory, 'film.mkv');
      const poster = await still(directory, 'poster.png', '320x180');
      return mux(
        directory,
        'source.mkv',
        [poster, film],
        ...words('-map 0:v -map 1:v -map 1:a -disposition:v:0 default'),
      );
    },
    right: { frameRate: '25', numbers: range(0, 100) },
  },
  {
    name: 'two stills before the film, one of them larger and a JPEG',
    make: async (directory) => {
      const film = await makeFilm(directory, 'film.mkv');
      const posters = [await still(directory, 'a.png', '64x64'), await still(directory, 'b.jpg', '1280x720')];
      return mux(directory, 'source.mkv', [...posters, film], ...words('-map 0:v -map 1:v -map 2:v -map 2:a'));
    },
    right: { frameRate: '25', numbers: range(0, 100) },
  },
  {
    name: 'the second video track is the default',
    make: async (directory) => {
      const [small, large] = [
        await makeFilm(directory, 'a.mp4', { ...SILENT, firstNumber: 1000 }),
        await makeFilm(directory, 'b.mp4', { size: '320x180' }),
      ];
      const args = words('-map 0:v -map 1:v -map 1:a -disposition:v:0 0 -disposition:v:1 default');
      return mux(directory, 'source.mp4', [small, large], ...args);
    },
    right: { numbers: range(0, 100), warnings: ['track_dropped'] },
  },
  {
    name: 'two video tracks without a default: the larger',
    make: async (directory) => {
      const [small, large] = [
        await makeFilm(directory, 'a.mkv', { ...SILENT, firstNumber: 1000 }),
        await makeFilm(directory, 'b.mkv', { ...SILENT, size: '320x180' }),
      ];
      return mux(
        directory,
        'source.mkv',
        [small, large],
        ...words('-map 0:v -map 1:v -disposition:v 0 -default_mode passthrough'),
      );
    },
    right: { numbers: range(0, 100), warnings: ['track_dropped'] },
  },
];

/** The left half opaque and grey, the right half transparent, with red hidden in it. */
async function hiddenRed(directory: string, name: string, pixelFormat: string, encode: string): Promise<string> {
  const path = join(directory, name);
  const planes = `r='if(lt(X,W/2),128,255)':g='if(lt(X,W/2),128,0)':b='if(lt(X,W/2),128,0)':a='if(lt(X,W/2),255,0)'`;
  await ffmpeg(
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      `color=s=128x72:r=25:d=0.4,format=rgba,geq=${planes},format=${pixelFormat}`,
    ],
    ...[...words(encode), path],
  );
  return path;
}
const alpha: Case[] = (
  [
    ['PNG in MOV', 'source.mov', 'rgba', '-c:v png'],
    ['QuickTime Animation', 'source.mov', 'argb', '-c:v qtrle'],
    ['ProRes 4444', 'source.mov', 'yuva444p10le', '-c:v prores_ks -profile:v 4444 -alpha_bits 16'],
    ['FFV1 of yuva420p', 'source.mkv', 'yuva420p', '-c:v ffv1'],
    ['VP9 in WebM', 'source.webm', 'yuva420p', '-c:v libvpx-vp9 -deadline realtime -cpu-used 8'],
  ] as const
).map(([name, file, pixelFormat, encode]) => ({
  name: `transparency over hidden red: ${name}`,
  make: (directory) => hiddenRed(directory, file, pixelFormat, encode),
  right: {
    ...{ frames: 10, warnings: ['alpha_composed'] },
    colours: [
      { x: 0.25, rgb: [128, 128, 128], within: 4 },
      { x: 0.75, rgb: BLACK },
      { x: 0.97, rgb: BLACK },
    ],
  },
}));

/** Common encryption, by ffmpeg's muxer. */
const KEYS = `-encryption_scheme cenc-aes-ctr -encryption_key ${'76a6c65c5ea762046bd749a2e632ccbb'} -encryption_kid ${'a7e61c373e219033c21091fa607bf3b8'}`;
const refused: Case[] = [
  {
    name: 'an encrypted MP4',
    make: (directory) => makeFilm(directory, 'source.mp4', { output: words(KEYS) }),
    right: { error: 'source_encrypted', message: /encrypted/i },
  },
  {
    name: 'an encrypted MP4 without sound',
    make: (directory) => makeFilm(directory, 'source.mp4', { ...SILENT, frames: 25, output: words(KEYS) }),
    right: { error: 'source_encrypted', message: /encrypted/i },
  },
  {
    name: 'an MP4 that was cut off',
    make: async (directory) => {
      const path = await makeFilm(directory, 'source.mp4', { output: words('-movflags +faststart') });
      return patchFile(path, (bytes) => bytes.subarray(0, Math.floor(0.7 * bytes.length)));
    },
    right: { error: 'source_truncated', message: /./ },
  },
];

describe('picture', () => {
  runCases([...gamut, ...exact, ...hdr, ...shapes, ...choices, ...alpha, ...refused]);
});
