/** Files of ffmpeg that are not standard, with the reason that the reader names. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { NotStandardCode } from '../../../src/media/source/not-standard.ts';
import { ffmpeg, words } from '../../system/ffmpeg.ts';
import { verdictOf } from './read-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'standard-verdicts-'));
afterAll(() => rmSync(directory, { recursive: true }));

const picture = (seconds = 2, rate = 24): string[] =>
  words(`-f lavfi -i testsrc=size=160x96:rate=${rate}:duration=${seconds}`);
const sound = (seconds = 2): string[] => words(`-f lavfi -i sine=sample_rate=48000:duration=${seconds}`);
const x264 = (more = ''): string[] => words(`-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 24 ${more}`);

const KEY = '00112233445566778899aabbccddeeff';
const CASES: [NotStandardCode | 'standard', string, string[]][] = [
  ['standard', 'plain.mp4', [...picture(), ...sound(), ...x264(), ...words('-c:a aac')]],
  ['not_mp4', 'plain.mkv', words('-i plain.mp4 -c copy')],
  ['fragmented', 'pieces.mp4', words('-i plain.mp4 -c copy -movflags frag_keyframe+empty_moov')],
  [
    'encrypted',
    'locked.mp4',
    words(`-i plain.mp4 -c copy -encryption_scheme cenc-aes-ctr -encryption_key ${KEY} -encryption_kid ${KEY}`),
  ],
  ['video_missing', 'sound.m4a', words('-i plain.mp4 -vn -c copy')],
  ['video_codec', 'mpeg4.mp4', [...picture(), ...words('-c:v mpeg4')]],
  ['video_codec', 'ten-bit.mp4', [...picture(), ...words('-c:v libx264 -pix_fmt yuv420p10le')]],
  ['video_interlaced', 'fields.mp4', [...picture(), ...x264('-x264-params interlaced=1')]],
  ['video_hdr', 'pq.mp4', [...picture(), ...x264('-color_trc smpte2084 -colorspace bt2020nc -color_primaries bt2020')]],
  ['video_size', 'fast.mp4', [...picture(1, 120), ...x264()]],
  ['audio_codec', 'mp3.mp4', words('-i plain.mp4 -c:v copy -c:a libmp3lame')],
  ['audio_codec', 'ac3.mp4', words('-i plain.mp4 -c:v copy -c:a ac3')],
  ['edit_list', 'cut-start.mp4', words('-ss 1.5 -i plain.mp4 -c copy')],
  ['edit_list', 'late-picture.mp4', words('-itsoffset 0.5 -i plain.mp4 -i plain.mp4 -map 0:v -map 1:a -c copy')],
  [
    'tracks_unequal',
    'long-sound.mp4',
    [...words('-i plain.mp4'), ...sound(4), ...words('-map 0:v -map 1 -c:v copy -c:a aac')],
  ],
  ['tracks_unequal', 'short-sound.mp4', [...picture(4), ...sound(2), ...x264(), ...words('-c:a aac')]],
  ['key_frames_far', 'one-gop.mp4', [...picture(13, 5), ...words('-c:v libx264 -pix_fmt yuv420p -g 999')]],
  ['open_gop', 'open.mp4', [...picture(4), ...x264('-bf 3 -x264-params open-gop=1:scenecut=0:bframes=3:b-adapt=0')]],
  ['open_gop', 'refresh.mp4', [...picture(13), ...x264('-bf 0 -x264-params intra-refresh=1:keyint=48')]],
  ['standard', 'silent.mp4', [...picture(), ...x264('-bf 0')]],
  ['standard', 'other.mp4', [...picture(), ...x264('-bf 0 -x264-params cabac=0')]],
  ['parameter_sets', 'joined.mp4', words('-f concat -safe 0 -i joined.txt -c copy')],
];
const JOINED = 'file silent.mp4\nfile other.mp4\n';
const INPUTS = ['plain.mp4', 'joined.txt'];

describe('the reason why a file does not play as it is', () => {
  test.each(CASES)('%s: %s', async (verdict, name, args) => {
    const path = join(directory, name);
    await writeFile(join(directory, 'joined.txt'), JOINED);
    await ffmpeg(...args.map((word) => (INPUTS.includes(word) ? join(directory, word) : word)), path);
    expect(await verdictOf(path)).toBe(verdict);
  });
});
