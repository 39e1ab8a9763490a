/**
 * The table of docs/guide/instant-playback.md. What to do about each reason is kept here, not in src, so that the Worker does not
 * bundle it. A code without an entry does not compile.
 */
import { NOT_STANDARD, NOT_STANDARD_CODES, type NotStandardCode } from '../../src/media/source/not-standard.ts';
import { markdownTable } from './markdown.ts';

const REMUX = 'Remux it: `ffmpeg -i film.mp4 -c copy -movflags +faststart out.mp4`.';
const ENCODE = 'Nothing: the ladder has it.';

const HELP: Readonly<Record<NotStandardCode, string>> = {
  not_mp4: `${REMUX} That helps where the codecs are H.264 and AAC.`,
  fragmented: REMUX,
  index_missing: 'The file was cut off, or never finished: copy or export it again.',
  index_too_large: 'Nothing: it is many hours long, or has very many tiny pieces.',
  index_damaged: REMUX,
  encrypted: 'Upload the file without encryption.',
  external_data: 'Export one file that has everything in it.',
  video_missing: 'A film needs a picture.',
  video_codec: 'Export 8-bit 4:2:0 H.264.',
  video_interlaced: 'Export a progressive picture.',
  video_hdr: ENCODE,
  video_size: ENCODE,
  video_rotation: ENCODE,
  audio_codec: 'Export AAC.',
  parameter_sets: 'Export it in one piece, instead of joining files.',
  edit_list: 'Export the cut film. A film with `start` or `end` always gets this reason.',
  timing: REMUX,
  tracks_unequal: 'Export picture and sound of the same length.',
  key_frames_missing: 'Export it again.',
  key_frames_far: 'Export with a key frame every two seconds (`-g 48` at 24 frames a second).',
  open_gop: 'Export with closed GOPs (x264 makes them unless told otherwise).',
  interleaving: REMUX,
  source_name: 'Give the object a shorter key.',
  source_changed: 'Give each file a key of its own, and do not touch it afterwards.',
};

export const notStandardBlocks = {
  'not-standard': () =>
    markdownTable(
      ['code', 'reason', 'to play at once'],
      NOT_STANDARD_CODES.map((code) => [`\`${code}\``, NOT_STANDARD[code], HELP[code]]),
    ),
};
