/** Cues as files. Cues lie at 0 or later (`fitCues`). */
import { type Cue, formatTimestamp } from './cue.ts';
import { plainText, unescapeText } from './cue-markup.ts';

/** A cue as it stands in a WebVTT file, with the empty line before it. */
export const webVttBlock = ({ startMs, endMs, settings, text }: Cue): string =>
  `\n${formatTimestamp(startMs)} --> ${formatTimestamp(endMs)}${settings === '' ? '' : ` ${settings}`}\n${text}\n`;

export const writeWebVtt = (cues: readonly Cue[]): string => `WEBVTT\n${cues.map(webVttBlock).join('')}`;

/** SRT has bold, italics and underlining; players take other tags for text. */
const srtText = (text: string): string =>
  unescapeText(text.replace(/<(?!\/?[biu][.>])[^>]*>/g, '').replace(/<([biu])\.[^>]*>/g, '<$1>'));

export const writeSrt = (cues: readonly Cue[]): string =>
  cues
    .map(({ startMs, endMs, text }, index) => {
      const times = `${formatTimestamp(startMs, ',')} --> ${formatTimestamp(endMs, ',')}`;
      return `${index + 1}\n${times}\n${srtText(text)}\n`;
    })
    .join('\n');

/** A line per cue, for search and reading. */
export const writePlainText = (cues: readonly Cue[]): string =>
  cues.map(({ text }) => `${plainText(text).replaceAll('\n', ' ')}\n`).join('');
