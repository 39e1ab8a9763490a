/** ffmpeg's arguments that write the text tracks of a source as files of cues, by the source's clock, in UTF-8. Pure. */
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import type { Parsed } from '../../src/media/text/cue-list.ts';
import { readAss } from '../../src/media/text/read-ass.ts';
import { readSrt } from '../../src/media/text/read-srt.ts';
import { readWebVtt } from '../../src/media/text/read-webvtt.ts';
import type { TextPlan } from '../../src/protocol/plan-schema.ts';
import type { TaskInputs } from '../../src/protocol/task-kinds.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS, quietHead } from '../media/ffmpeg-args.ts';

type FilmTimes = Pick<TaskInputs['text'], 'originSeconds' | 'durationSeconds'>;

type FileFormat = { coding: string; format: string; read: (text: string) => Parsed };

/** Of what has milliseconds ASS would keep hundredths; of captions SRT would not keep the position. */
const FILE_FORMATS: Readonly<Record<string, FileFormat>> = {
  webvtt: { coding: 'copy', format: 'webvtt', read: readWebVtt },
  subrip: { coding: 'copy', format: 'srt', read: readSrt },
  ass: { coding: 'copy', format: 'ass', read: readAss },
  ssa: { coding: 'copy', format: 'ass', read: readAss },
  eia_608: { coding: 'ass', format: 'ass', read: readAss },
};
const OTHERS: FileFormat = { coding: 'srt', format: 'srt', read: readSrt };

/** How ffmpeg writes a track of the codec, and how that is read. */
export const fileFormatOf = ({ codec }: Pick<TextPlan, 'codec'>): FileFormat => FILE_FORMATS[codec] ?? OTHERS;

/** ASS has one digit for hours, and ffmpeg writes what is later as the last moment of the ninth. */
const ASS_SECONDS = 36_000;

/** So much earlier than by the source's clock are the times that ffmpeg writes. Recordings of channels may begin at any hour of a day. */
export function clockShift(text: Pick<TextPlan, 'codec'>, { originSeconds, durationSeconds }: FilmTimes): number {
  // As much room before the film, or the part of it, as behind.
  const room = Math.max(0, (ASS_SECONDS - durationSeconds) / 2);
  return fileFormatOf(text).format === 'ass' ? Math.max(0, Math.floor(originSeconds - room)) : 0;
}

/** ffmpeg stops writing a file at `-fs`. One that is as long is not used. */
function outputArgs(map: string, text: TextPlan, film: FilmTimes, path: string): string[] {
  const { coding, format } = fileFormatOf(text);
  return [
    ...['-map', map, '-c:s', coding, '-fs', String(MAX_TEXT_BYTES + 1), '-avoid_negative_ts', 'disabled'],
    ...['-output_ts_offset', String(-clockShift(text, film)), '-f', format, fileUrl(path)],
  ];
}

export const textArgs = (
  sourcePath: string,
  texts: readonly TextPlan[],
  film: FilmTimes,
  pathOf: (track: string) => string,
): string[] => [
  ...[...FFMPEG_HEAD, '-copyts', ...GUARDS, '-i', fileUrl(sourcePath)],
  ...texts.flatMap((text) => outputArgs(`0:${text.streamIndex}`, text, film, pathOf(text.track))),
];

/** Few bytes, in the order in which they are shown. */
const TINY = ['-vf', 'scale=64:36,format=yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-crf', '51'];

/**
 * Writes tiny pictures with the captions of the source's to stdout. What reads captions ends at the first picture that cannot be
 * decoded; this decoder goes on.
 */
export const captionedArgs = (sourcePath: string, { streamIndex }: TextPlan, threads: number): string[] => [
  ...[...quietHead('warning'), '-copyts', '-max_error_rate', '1', '-threads', String(threads)],
  ...[...GUARDS, '-an', '-sn', '-dn', '-i', fileUrl(sourcePath), '-map', `0:${streamIndex}`, ...TINY],
  // The guess of a rate would round the times of others.
  ...['-a53cc', '1', '-fps_mode', 'passthrough', '-enc_time_base', '1:90000', '-threads', '1', '-f', 'nut', 'pipe:1'],
];

/** Reads them from stdin: only the device `lavfi` makes a stream of captions in pictures. */
export const captionArgs = (text: TextPlan, film: FilmTimes, path: string): string[] => [
  ...[...FFMPEG_HEAD, '-copyts', '-f', 'lavfi', '-i', 'movie=filename=pipe\\\\:0:format_name=nut[out0+subcc]'],
  ...outputArgs('0:s', text, film, path),
];
