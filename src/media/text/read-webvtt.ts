/** WebVTT (W3C Candidate Recommendation, section 6.1), leniently. Notes, styles and regions are left out. */
import { shiftCues, timeMsOf } from './cue.ts';
import { CueList, type Parsed } from './cue-list.ts';
import { cueText } from './cue-markup.ts';
import { cueSettings } from './cue-settings.ts';
import { readTimings } from './timings.ts';

export const isWebVtt = (text: string): boolean => /^WEBVTT(?:[ \t\n]|$)/.test(text);

/** RFC 8216 3.5: media time MPEGTS, in 90-kHz ticks, is cue time LOCAL. A segment of another packager has one. */
function shiftOf(header: string): number {
  const map = /^X-TIMESTAMP-MAP=(.{1,100})$/m.exec(header)?.[1] ?? '';
  const ticks = /MPEGTS:(\d{1,10})(?:,|$)/.exec(map)?.[1];
  const local = /LOCAL:(?:(\d{2,4}):)?(\d\d):(\d\d)\.(\d{3})(?:,|$)/.exec(map);
  if (ticks === undefined || local === null) {
    return 0;
  }
  const [, hours, minutes, seconds, fraction] = local;
  return Math.round(Number(ticks) / 90) - timeMsOf(hours, minutes, seconds, fraction);
}

export function readWebVtt(text: string): Parsed {
  const list = new CueList();
  const lines = text.split('\n');
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const timings = readTimings(line);
    if (timings === undefined) {
      if (line.includes('-->')) {
        list.skip();
      }
      continue;
    }
    const first = at + 1;
    while (at + 1 < lines.length && lines[at + 1] !== '' && !lines[at + 1]?.includes('-->')) {
      at += 1;
    }
    const { startMs, endMs, rest } = timings;
    list.add({ startMs, endMs, settings: cueSettings(rest), text: cueText(lines.slice(first, at + 1).join('\n')) });
  }
  const { cues, damaged } = list.finish();
  const shiftMs = shiftOf(text.slice(0, text.indexOf('\n\n') + 1));
  return { cues: shiftMs === 0 ? cues : shiftCues(cues, shiftMs), damaged };
}
