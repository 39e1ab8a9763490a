/** The index (moov) of an MP4 or MOV file → a source that plays as it is, or the reason why it does not. Pure. */
import { type Box, BoxReader, findBox, requireBox } from '../boxes/boxes.ts';
import { chooseTracks } from './choose-tracks.ts';
import { childrenOf, damaged, MAX_INDEX_BYTES, MAX_MOVIE_TRACKS, MAX_SAMPLES, readingBoxes } from './movie-boxes.ts';
import { type MovieTrack, readMovieMatrix, readMovieTrack, readTimescale } from './movie-track.ts';
import { NotStandard } from './not-standard.ts';
import { type ReadAudio, readAudio } from './read-audio.ts';
import { readVideo, rotationOf } from './read-video.ts';
import type { StandardSource } from './standard-source.ts';

/** Picture and sound begin together. Players bridge less than that. */
const MAX_BEGIN_SECONDS = 0.25;
/** The sound may go on that long, or end that much earlier. */
const MAX_LONGER_SOUND_SECONDS = 0.5;
const MAX_SHORTER_SOUND_SECONDS = 1;

function readTracks(reader: BoxReader, moov: readonly Box[], fileBytes: number): MovieTrack[] {
  const mvhd = requireBox(moov, 'mvhd');
  const movieTimescale = readTimescale(reader, mvhd);
  if (rotationOf(readMovieMatrix(reader, mvhd)) !== 0) {
    throw new NotStandard('video_rotation', 'the whole movie is turned');
  }
  const traks = moov.filter(({ type }) => type === 'trak');
  if (traks.length > MAX_MOVIE_TRACKS) {
    throw new NotStandard('index_too_large', `${traks.length} tracks`);
  }
  return traks.flatMap((trak) => readMovieTrack(reader, trak, { movieTimescale, fileBytes }) ?? []);
}

/** What makes the whole file unplayable as it is. */
function requirePlain(moov: readonly Box[]): void {
  if (findBox(moov, 'mvex') !== undefined) {
    throw new NotStandard('fragmented');
  }
  if (findBox(moov, 'pssh') !== undefined) {
    throw new NotStandard('encrypted');
  }
  if (findBox(moov, 'cmov') !== undefined) {
    throw new NotStandard('index_missing', 'it is compressed');
  }
}

/** Seconds of the film's timeline. */
type Span = { begin: number; end: number };

/** Priming is not heard. */
const spanOf = ({ audio: { startTicks, timescale }, endTicks }: ReadAudio): Span => ({
  begin: Math.max(0, -startTicks) / timescale,
  end: (endTicks - startTicks) / timescale,
});

function requireTogether(video: Span, audio: Span | null): void {
  if (video.begin > MAX_BEGIN_SECONDS) {
    throw new NotStandard('timing', `the picture begins at ${video.begin} s`);
  }
  if (audio === null) {
    return;
  }
  const longer = audio.end - video.end;
  const isTogether = Math.abs(audio.begin - video.begin) <= MAX_BEGIN_SECONDS;
  if (!isTogether || longer > MAX_LONGER_SOUND_SECONDS || longer < -MAX_SHORTER_SOUND_SECONDS) {
    throw new NotStandard('tracks_unequal', JSON.stringify({ video, audio }));
  }
}

function readSource(moov: Uint8Array, sizeBytes: number): StandardSource {
  const reader = new BoxReader(moov);
  const boxes = childrenOf(reader, requireBox(reader.boxes(), 'moov'));
  requirePlain(boxes);
  const tracks = chooseTracks(readTracks(reader, boxes, sizeBytes));
  const samples = tracks.video.sampleCount + (tracks.audio?.sampleCount ?? 0);
  if (samples > MAX_SAMPLES) {
    throw new NotStandard('index_too_large', `${samples} samples`);
  }
  const { video, walked } = readVideo(reader, tracks.video);
  const sound = tracks.audio === null ? null : readAudio(reader, tracks.audio);
  if (walked.bytes + (sound?.bytes ?? 0) > sizeBytes) {
    throw damaged('samples overlap: they have more bytes than the file');
  }
  const begin = (walked.firstTicks - video.startTicks) / video.timescale;
  const durationSeconds = (walked.endTicks - walked.firstTicks) / video.timescale;
  requireTogether({ begin, end: begin + durationSeconds }, sound && spanOf(sound));
  return { sizeBytes, video, audio: sound?.audio ?? null, durationSeconds, keySamples: walked.keySamples };
}

/** Throws NotStandard. `moov`: the whole box, of a file of `sizeBytes`. It is kept as long as the cursors are. */
export function readStandardSource(moov: Uint8Array, sizeBytes: number): StandardSource {
  if (moov.byteLength > MAX_INDEX_BYTES) {
    throw new NotStandard('index_too_large', `${moov.byteLength} bytes`);
  }
  return readingBoxes(() => readSource(moov, sizeBytes));
}
