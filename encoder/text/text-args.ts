/** ffmpeg's arguments that write the text tracks of a source as files of cues, by the source's clock, in UTF-8. Pure. */
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import type { Parsed } from '../../src/media/text/cue-list.ts';
import { readAss } from '../../src/media/text/read-ass.ts';
import { readSrt } from '../../src/media/text/read-srt.ts';
import { readWebVtt } from '../../src/media/text/read-webvtt.ts';
import type { TextPlan } from '../../src/protocol/plan-schema.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS, SOURCE_FORMATS } from '../media/ffmpeg-args.ts';

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

/** ffmpeg stops writing a file at `-fs`. One that is as long is not used. */
const outputArgs = (map: string, { coding, format }: FileFormat, path: string): string[] => [
  ...['-map', map, '-c:s', coding, '-fs', String(MAX_TEXT_BYTES + 1), '-avoid_negative_ts', 'disabled'],
  ...['-f', format, fileUrl(path)],
];

export const textArgs = (
  sourcePath: string,
  texts: readonly TextPlan[],
  pathOf: (track: string) => string,
): string[] => [
  ...[...FFMPEG_HEAD, '-copyts', ...GUARDS, '-i', fileUrl(sourcePath)],
  ...texts.flatMap((text) => outputArgs(`0:${text.streamIndex}`, fileFormatOf(text), pathOf(text.track))),
];

/** A value of a filter's option, in a graph (ffmpeg-filters 4.1: two levels of escaping). */
const escaped = (value: string): string => value.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');

/** Of the guards, those that the filter hands to the demuxer. */
const FORMAT_OPTIONS = `protocol_whitelist=file:format_whitelist=${SOURCE_FORMATS},nut`;

/** `text`: captions in the picture, all of which is decoded: only the device `lavfi` makes a stream of captions in pictures. */
export function captionArgs(sourcePath: string, text: TextPlan, threads: number, path: string): string[] {
  const options = {
    filename: fileUrl(sourcePath),
    si: String(text.streamIndex),
    dec_threads: String(threads),
    format_opts: FORMAT_OPTIONS,
  };
  const graph = Object.entries(options).map(([name, value]) => `${name}=${escaped(value)}`);
  return [
    ...[...FFMPEG_HEAD, '-copyts', '-f', 'lavfi', '-i', `movie=${graph.join(':')}[out0+subcc]`],
    ...outputArgs('0:s', fileFormatOf(text), path),
  ];
}
