/** The sound of a source: sample entry and all packets once (ISO/IEC 14496-12 12.2, QuickTime’s sound descriptions). Pure. */
import { type Box, type BoxReader, findBox } from '../boxes/boxes.ts';
import { readAacConfiguration } from './aac-configuration.ts';
import { walkSound } from './check-samples.ts';
import { childrenOf, damaged } from './movie-boxes.ts';
import type { MovieTrack } from './movie-track.ts';
import { NotStandard } from './not-standard.ts';
import { TableCursor } from './sample-cursor.ts';
import type { SourceAudio } from './standard-source.ts';

const SOUND_FIELDS_BYTES = 28;
/** Fields that QuickTime's versions 1 and 2 add. */
const MORE_BYTES = [0, 16, 36];
/** Encoders have 1,024 to 5,000 samples of priming. */
const MAX_PRIMING_SECONDS = 1;
/** Packets at the end that the edit list leaves out: they fill up the last frame, and HE-AAC has one more. */
const MAX_PADDING_PACKETS = 2;

/** In QuickTime files it is within `wave`. */
function findEsds(reader: BoxReader, { entry, entryVersion }: MovieTrack): Box {
  reader.requireBytes(entry.contentStart, SOUND_FIELDS_BYTES, entry.end);
  // 12.2.3.2: in a stsd of version 1, entries of version 1 have no more fields.
  const version = entryVersion === 0 ? reader.view.getUint16(entry.contentStart + 8) : 0;
  const boxes = childrenOf(reader, entry, SOUND_FIELDS_BYTES + (MORE_BYTES[version] ?? 0));
  if (findBox(boxes, 'sinf') !== undefined) {
    throw new NotStandard('encrypted');
  }
  const wave = findBox(boxes, 'wave');
  const esds = findBox(boxes, 'esds') ?? (wave && findBox(childrenOf(reader, wave), 'esds'));
  if (esds === undefined) {
    throw new NotStandard('audio_codec', 'mp4a without esds');
  }
  return esds;
}

/** `endTicks`: media time at which the sound ends. `bytes`: of all samples. */
export type ReadAudio = { audio: SourceAudio; endTicks: number; bytes: number };

/** Throws NotStandard and CmafError. */
export function readAudio(reader: BoxReader, track: MovieTrack): ReadAudio {
  const { timescale, language, entryCount } = track;
  if (entryCount > 1) {
    throw new NotStandard('audio_codec', `${entryCount} sample entries`);
  }
  const { codec, box, channels, sampleRate, packetSeconds } = readAacConfiguration(reader, findEsds(reader, track));
  const tables = track.tables();
  const { startTicks, endTicks } = track.edit();
  const samples = (): TableCursor => new TableCursor(tables);
  const { durationTicks, bytes } = walkSound(samples(), timescale, packetSeconds);
  const { sampleCount } = tables;
  const padding = MAX_PADDING_PACKETS * Math.ceil(durationTicks / sampleCount);
  if (startTicks > MAX_PRIMING_SECONDS * timescale || (endTicks !== null && endTicks < durationTicks - padding)) {
    throw new NotStandard('edit_list', `the sound plays ${startTicks} to ${endTicks} of ${durationTicks}`);
  }
  if (startTicks >= durationTicks) {
    throw damaged('nothing of the sound plays');
  }
  const facts = { codec, configuration: box, channels, sampleRate, language };
  return {
    audio: { ...facts, timescale, sampleCount, durationTicks, startTicks, samples },
    endTicks: Math.min(endTicks ?? durationTicks, durationTicks),
    bytes,
  };
}
