/** The boxes of a track in a movie's index (ISO/IEC 14496-12 8.3 to 8.8) that are not sample tables. Pure. */
import { ascii, box, concatBytes, fullBox, u8, u16, u32, u64 } from '../boxes/write-boxes.ts';
import { firstTicks, type Track, trackDurationTicks } from '../presentation.ts';

/** Times are of 64 bits where one needs it; old programs read 32 alone. */
const needs64 = (...values: number[]): boolean => values.some((value) => value > 0xffffffff);
const time = (value: number, is64: boolean): Uint8Array => (is64 ? u64(value) : u32(value));

const zeros = (count: number): Uint8Array => new Uint8Array(count);
/** 16.16 and 2.30 fixed point: the picture as it is. */
const UNITY_MATRIX = concatBytes([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32));

export type TrackTimes = {
  /** Media time of the file that is shown at its start. */
  mediaTicks: number;
  /** From the film's start to that of the track, in ticks of the movie. */
  delayTicks: number;
  /** Of what is shown, in ticks of the movie, rounded up: rounded down, players leave out the last frame. */
  editTicks: number;
  /** Of the media. */
  durationTicks: number;
};

/** The file's media time begins at 0 with the first sample's decode; `shiftTicks` later it is presented. */
export function timesOf(track: Track, shiftTicks: number, movieTimescale: number): TrackTimes {
  const ahead = track.presentationOffset - firstTicks(track);
  const durationTicks = trackDurationTicks(track);
  const shownTicks = durationTicks - Math.max(0, ahead);
  return {
    mediaTicks: shiftTicks + Math.max(0, ahead),
    delayTicks: Math.round((Math.max(0, -ahead) * movieTimescale) / track.timescale),
    editTicks: Math.ceil((shownTicks * movieTimescale) / track.timescale),
    durationTicks,
  };
}

export function movieHeader(timescale: number, durationTicks: number, nextTrackId: number): Uint8Array {
  const is64 = needs64(durationTicks);
  return fullBox(
    'mvhd',
    is64 ? 1 : 0,
    0,
    ...[time(0, is64), time(0, is64), u32(timescale), time(durationTicks, is64)],
    ...[u32(0x10000), u16(0x100), zeros(10), UNITY_MATRIX, zeros(24), u32(nextTrackId)],
  );
}

const TRACK_ENABLED_IN_MOVIE = 3;

export function trackHeader(track: Track, id: number, { delayTicks, editTicks }: TrackTimes): Uint8Array {
  const duration = delayTicks + editTicks;
  const is64 = needs64(duration);
  const isSound = track.kind === 'audio';
  const [width, height] = isSound ? [0, 0] : [track.width, track.height];
  return fullBox(
    'tkhd',
    is64 ? 1 : 0,
    TRACK_ENABLED_IN_MOVIE,
    ...[time(0, is64), time(0, is64), u32(id), u32(0), time(duration, is64), zeros(8)],
    // Layer, alternate group, volume.
    ...[u16(0), u16(isSound ? 1 : 0), u16(isSound ? 0x100 : 0), u16(0)],
    ...[UNITY_MATRIX, u32(width * 0x10000), u32(height * 0x10000)],
  );
}

/** 14496-12 8.6.6: an empty edit where the track begins later, then the media. */
export function editList({ mediaTicks, delayTicks, editTicks }: TrackTimes): Uint8Array {
  const is64 = needs64(mediaTicks, editTicks);
  const normalRate = u32(0x10000);
  const nothing = is64 ? concatBytes([u32(0xffffffff), u32(0xffffffff)]) : u32(0xffffffff);
  const edits = [
    ...(delayTicks === 0 ? [] : [[time(delayTicks, is64), nothing, normalRate]]),
    [time(editTicks, is64), time(mediaTicks, is64), normalRate],
  ];
  return box('edts', fullBox('elst', is64 ? 1 : 0, 0, u32(edits.length), ...edits.flat()));
}

/** mdhd has three letters, and a tag of two names no code there: `elng` has the whole tag (8.4.6). */
const packedLanguage = (language: string): Uint8Array => {
  const code = /^[a-z]{3}(?=-|$)/.exec(language)?.[0] ?? 'und';
  return u16([...code].reduce((packed, letter) => packed * 32 + letter.charCodeAt(0) - 0x60, 0));
};

/** Everything of `mdia` before `minf`. */
export function mediaHeaders(track: Track, { durationTicks }: TrackTimes): Uint8Array {
  const is64 = needs64(durationTicks);
  const language = track.kind === 'audio' ? track.language : 'und';
  const times = [time(0, is64), time(0, is64), u32(track.timescale), time(durationTicks, is64)];
  const isSound = track.kind === 'audio';
  const name = isSound ? 'SoundHandler' : 'VideoHandler';
  return concatBytes([
    fullBox('mdhd', is64 ? 1 : 0, 0, ...times, packedLanguage(language), u16(0)),
    fullBox('hdlr', 0, 0, u32(0), ascii(isSound ? 'soun' : 'vide'), zeros(12), ascii(name), u8(0)),
    ...(language === 'und' ? [] : [fullBox('elng', 0, 0, ascii(language), u8(0))]),
  ]);
}

/** Everything of `minf` before `stbl`. The media data is in this file. */
export function mediaInformation(track: Track): Uint8Array {
  const header = track.kind === 'audio' ? fullBox('smhd', 0, 0, zeros(4)) : fullBox('vmhd', 0, 1, zeros(8));
  return concatBytes([header, box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))]);
}
