/** ffmpeg's arguments that write the text tracks of a source as files of cues, by the source's clock. Pure. */
import { MAX_TEXT_BYTES } from '../../src/media/limits.ts';
import type { TextPlan } from '../../src/protocol/plan-schema.ts';
import { FFMPEG_HEAD, fileUrl, GUARDS, SOURCE_FORMATS } from '../media/ffmpeg-args.ts';

type FileFormat = { coding: string; format: 'webvtt' | 'srt' | 'ass' };

/** Of what has milliseconds ASS would keep hundredths; of captions SRT would not keep the position. */
const FILE_FORMATS: Readonly<Record<string, FileFormat>> = {
  webvtt: { coding: 'copy', format: 'webvtt' },
  subrip: { coding: 'copy', format: 'srt' },
  ass: { coding: 'copy', format: 'ass' },
  ssa: { coding: 'copy', format: 'ass' },
  eia_608: { coding: 'ass', format: 'ass' },
};
const CONVERTED: FileFormat = { coding: 'srt', format: 'srt' };

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
  ...texts.flatMap(({ track, streamIndex, codec }) =>
    outputArgs(`0:${streamIndex}`, FILE_FORMATS[codec] ?? CONVERTED, pathOf(track)),
  ),
];

/** A value of a filter's option, in a graph (ffmpeg-filters 4.1: two levels of escaping). */
const escaped = (value: string): string => value.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');

/** Of the guards, those that the filter hands to the demuxer. */
const FORMAT_OPTIONS = `protocol_whitelist=file:format_whitelist=${SOURCE_FORMATS},nut`;

/** `picture`: stream index. The whole picture is decoded: only the device `lavfi` makes a stream of captions in pictures. */
export function captionArgs(sourcePath: string, picture: number, threads: number, path: string): string[] {
  const options = {
    filename: fileUrl(sourcePath),
    si: String(picture),
    dec_threads: String(threads),
    format_opts: FORMAT_OPTIONS,
  };
  const graph = Object.entries(options).map(([name, value]) => `${name}=${escaped(value)}`);
  return [
    ...[...FFMPEG_HEAD, '-copyts', '-f', 'lavfi', '-i', `movie=${graph.join(':')}[out0+subcc]`],
    ...outputArgs('0:s', { coding: 'ass', format: 'ass' }, path),
  ];
}
