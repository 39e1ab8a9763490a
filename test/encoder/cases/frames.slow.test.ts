/** Which frames a film has, where the source's times and index make that hard to know. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { fieldCodedStream } from '../../../bench/frames/h264-fields.ts';
import { copyTo, joinParts, makeFilm, words } from '../../../bench/frames/make-film.ts';
import { lengthenMediaData, patchFile, trimEdits } from '../../../bench/frames/mp4-patches.ts';
import { repeatFirstFields, telecined } from '../../../bench/frames/mpeg2-telecine.ts';
import { type Case, range, runCases } from './run-cases.ts';

const MPEG2 = words('-c:v mpeg2video -q:v 3 -g 15 -bf 2 -sc_threshold 1000000000');
const VIDEO_ONLY = { sound: 0 };
/** A bar that moves with every field. Combed, it has teeth. */
const MOVING_FIELDS =
  "geq=lum='if(lt(mod(X+9600-8*N\\,W)\\,24)\\,235\\,16)':cb=128:cr=128,setfield=tff,tinterlace=interleave_top,setfield=tff";
const FIELDS = words('-flags +ilme+ildct');

/** `pts`: setts expression of the time of packet N, in seconds. */
async function fieldCoded(
  directory: string,
  options: Parameters<typeof fieldCodedStream>[1],
  pts: string,
): Promise<string> {
  const stream = join(directory, 'fields.264');
  await writeFile(stream, fieldCodedStream(50, options));
  // In two steps: for a raw stream, setts writes times of another time base than its TB says.
  const untimed = await copyTo(directory, stream, 'untimed.ts', '-bsf:v', 'setts=ts=N*1800');
  const times = `setts=pts='(${pts.replaceAll(',', '\\,')}+0.1)/TB':dts='N*0.02/TB'`;
  return copyTo(directory, untimed, 'fields.ts', '-bsf:v', times);
}

const fieldCodedCases: Case[] = [
  {
    name: 'field-coded H.264 (PAFF) in TS, both fields have a time',
    make: (directory) => fieldCoded(directory, {}, 'N*0.02'),
    right: { frameRate: '25', numbers: range(0, 50), warnings: ['deinterlaced'] },
  },
  {
    name: 'PAFF with B fields, which come in another order',
    make: (directory) => {
      const frame = 'mod(floor(N/2),25)';
      const shift = `if(eq(${frame},0),0,if(eq(mod(${frame},2),1),1,-1))`;
      return fieldCoded(directory, { bFrames: true }, `(floor(N/2)+${shift})*0.04+mod(N,2)*0.02`);
    },
    right: { frameRate: '25', numbers: range(0, 50), warnings: ['deinterlaced'] },
  },
  {
    name: 'field pairs mixed with whole frames in TS',
    make: (directory) => {
      // Five pairs are ten packets, five frames are five.
      const number = 'floor(N/15)*10+if(lt(mod(N,15),10),mod(N,15)/2,mod(N,15)-5)';
      return fieldCoded(directory, { isFrame: (frame) => frame % 10 >= 5 }, `(${number})*0.04`);
    },
    right: { frameRate: '25', numbers: range(0, 50), warnings: ['deinterlaced'] },
  },
  {
    name: 'interlaced MPEG-2 in a program stream',
    make: (directory) =>
      makeFilm(directory, 'source.mpg', {
        ...{ frames: 50, filters: 'setfield=tff' },
        output: [...MPEG2, ...FIELDS, ...words('-c:a mp2')],
      }),
    right: { frameRate: '25', numbers: range(0, 50), sound: [{ from: 0, to: 1.9 }], warnings: ['deinterlaced'] },
  },
  {
    name: 'interlacing that begins in the middle of a TS',
    make: (directory) =>
      joinParts(directory, 'source.ts', [
        { ...VIDEO_ONLY, frames: 50, size: '320x192', output: MPEG2 },
        {
          ...{ ...VIDEO_ONLY, frames: 100, rate: '50', size: '320x192', filters: MOVING_FIELDS },
          output: [...MPEG2, ...FIELDS, ...words('-output_ts_offset 2')],
        },
      ]),
    right: { frameRate: '25', frames: 100, uncombedFrom: 50, warnings: ['deinterlaced'] },
  },
  {
    name: 'interlaced H.264 (MBAFF) in Matroska',
    make: (directory) =>
      makeFilm(directory, 'source.mkv', {
        ...{ frames: 100, rate: '50', size: '320x192', filters: MOVING_FIELDS, sound: 0 },
        output: [...FIELDS, ...words('-x264-params tff=1')],
      }),
    right: { frameRate: '25', frames: 50, uncombedFrom: 0, warnings: ['deinterlaced'] },
  },
];

const editCases: Case[] = [
  {
    name: 'an edit list that ends at 2 s of 4',
    make: async (directory) => patchFile(await makeFilm(directory, 'source.mp4'), (bytes) => trimEdits(bytes, 0, 2)),
    right: { frameRate: '25', numbers: range(0, 50), sound: [{ from: 0, to: 2 }], warnings: [] },
  },
  {
    name: 'an edit list that begins at 1 s and ends at 3 s of 4',
    make: async (directory) => patchFile(await makeFilm(directory, 'source.mp4'), (bytes) => trimEdits(bytes, 1, 2)),
    right: { frameRate: '25', numbers: range(25, 75), sound: [{ from: 0, to: 2, ahead: 1 }], warnings: [] },
  },
  {
    name: 'an edit list that trims the picture alone: the sound goes on, the last picture is held',
    make: async (directory) =>
      patchFile(await makeFilm(directory, 'source.mp4'), (bytes) => trimEdits(bytes, 0, 2, [0])),
    right: {
      ...{ frameRate: '25', numbers: [...range(0, 50), ...Array<number>(50).fill(49)] },
      ...{ sound: [{ from: 0, to: 4 }], warnings: ['picture_held'] },
    },
  },
  {
    name: 'an edit list that shows one frame',
    make: async (directory) =>
      patchFile(await makeFilm(directory, 'source.mp4', VIDEO_ONLY), (bytes) => trimEdits(bytes, 0, 0.04)),
    right: { numbers: [0] },
  },
  {
    name: 'mdat that claims 8 bytes too many, with all samples',
    make: async (directory) => {
      const path = await makeFilm(directory, 'source.mp4', { output: words('-movflags +faststart') });
      return patchFile(path, (bytes) => lengthenMediaData(bytes, 8));
    },
    right: { numbers: range(0, 100), sound: [{ from: 0, to: 4 }], warnings: [] },
  },
  {
    name: 'mdat that claims 1 MB too many, in a MOV with uncompressed sound',
    make: async (directory) => {
      const path = await makeFilm(directory, 'source.mov', { output: words('-c:a pcm_s16le -movflags +faststart') });
      return patchFile(path, (bytes) => lengthenMediaData(bytes, 1_000_000));
    },
    right: { numbers: range(0, 100), sound: [{ from: 0, to: 4 }], warnings: [] },
  },
];

/** Numbers of the frames that are shown where `missing` are not in the source: the one before is held. */
function heldAt(count: number, missing: readonly number[]): number[] {
  let shown = -1;
  return range(0, count).map((slot) => {
    shown += missing.includes(slot) ? 0 : 1;
    return shown;
  });
}
const timesWithout = (count: number, rate: number, missing: readonly number[]): number[] =>
  range(0, count)
    .filter((slot) => !missing.includes(slot))
    .map((slot) => slot / rate);
const MISSING = [31, 64, 65, 90];
const EVERY_37TH = range(37, 178, 37);
const EVERY_THIRD = range(2, 90, 3);

const rateCases: Case[] = [
  {
    name: '30 fps, four frames missing',
    make: (directory) => makeFilm(directory, 'source.mp4', { ...VIDEO_ONLY, times: timesWithout(120, 30, MISSING) }),
    right: { frameRate: '30', numbers: heldAt(120, MISSING), warnings: ['frames_missing'] },
  },
  {
    name: '59.94 fps on a millisecond clock, every 37th frame missing',
    make: (directory) =>
      makeFilm(directory, 'source.mkv', { ...VIDEO_ONLY, times: timesWithout(180, 60_000 / 1001, EVERY_37TH) }),
    right: { frameRate: '60000/1001', numbers: heldAt(180, EVERY_37TH), warnings: ['frames_missing'] },
  },
  {
    name: 'every third frame of 30 fps missing: no picture is lost',
    make: (directory) => makeFilm(directory, 'source.mp4', { ...VIDEO_ONLY, times: timesWithout(90, 30, EVERY_THIRD) }),
    right: { shows: range(0, 60), seconds: 3, within: 0.05 },
  },
  {
    name: '25 fps that stands still for 5 s',
    make: (directory) =>
      makeFilm(directory, 'source.mp4', { ...VIDEO_ONLY, times: timesWithout(200, 25, range(50, 175)) }),
    right: { frameRate: '25', numbers: heldAt(200, range(50, 175)) },
  },
  {
    name: '480 fps',
    make: (directory) => makeFilm(directory, 'source.mp4', { frames: 960, rate: '480', size: '128x72' }),
    right: { frameRate: '60', numbers: range(0, 960, 8), sound: [{ from: 0, to: 2 }], warnings: ['frames_dropped'] },
  },
  {
    name: '1000 fps in Matroska',
    make: (directory) =>
      makeFilm(directory, 'source.mkv', { ...VIDEO_ONLY, frames: 1000, rate: '1000', size: '128x72' }),
    right: { seconds: 1, within: 0.04, warnings: ['frames_dropped'] },
  },
  {
    name: 'a last picture that lasts 3 s more in MP4',
    make: async (directory) => {
      // Without B-frames: ffmpeg 5.1's setts loses their order.
      const path = await makeFilm(directory, 'whole.mp4', { frames: 50, sound: 5, output: words('-bf 0') });
      const duration = "setts=duration='if(eq(N\\,49)\\,3.04/TB\\,DURATION)'";
      return copyTo(directory, path, 'source.mp4', '-bsf:v', duration);
    },
    right: { frameRate: '25', numbers: [...range(0, 50), ...Array<number>(75).fill(49)], sound: [{ from: 0, to: 5 }] },
  },
  {
    name: 'MPEG-4 ASP with B-frames in AVI',
    make: (directory) =>
      makeFilm(directory, 'source.avi', {
        output: words('-c:v mpeg4 -q:v 3 -bf 2 -g 25 -sc_threshold 1000000000 -c:a pcm_s16le'),
      }),
    right: { frameRate: '25', numbers: range(0, 100), sound: [{ from: 0, to: 4 }] },
  },
  {
    name: 'H.264 with B-frames in AVI, 29.97 fps',
    make: (directory) => makeFilm(directory, 'source.avi', { ...VIDEO_ONLY, rate: '30000/1001' }),
    right: { frameRate: '30000/1001', numbers: range(0, 100) },
  },
  {
    name: 'soft telecine: MPEG-2 at 23.976 whose fields are repeated',
    make: async (directory) => {
      const film = { ...VIDEO_ONLY, frames: 96, rate: '24000/1001', size: '160x96' };
      const path = await makeFilm(directory, 'film.m2v', { ...film, output: [...MPEG2, ...words('-bf 0')] });
      await patchFile(path, repeatFirstFields);
      return telecined(directory, path);
    },
    right: { shows: range(0, 96), seconds: 4, within: 0.1 },
  },
];

describe('frames', () => {
  runCases([...fieldCodedCases, ...editCases, ...rateCases]);
});
