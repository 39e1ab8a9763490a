/** What the argument lists of all ffmpeg and ffprobe runs share. Reads are confined to local files and real containers. Pure. */
import { join } from 'node:path';
import { MAX_DIMENSION } from '../../src/media/limits.ts';

/** The demuxers for sources. None opens further files: no playlists, image sequences, scripts or raw devices. */
export const SOURCE_FORMATS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,mxf';

/** Those of files that have sound alone. A film is never read as one of them. */
export const SOUND_FORMATS = 'mp3,wav,w64,flac,aac,ac3,eac3,aiff,caf';

/** 8K at 4:4:4 in 16 bits is 200 MB. A header that wants more than this in one allocation is hostile. */
const MAX_ALLOCATION_BYTES = 1024 * 1024 * 1024;
/** A film with all the sounds and texts that a version takes has 129; some have fonts and covers beside. */
const MAX_STREAMS = 500;

/** How much is read for the parameters of all streams. Where they all are in the header, less is read. */
type ProbeDepth = { bytes: number; microseconds: number };
/** Enough for an MPEG-TS whose audio starts seconds after its video. */
const SHALLOW: ProbeDepth = { bytes: 20 * 1024 * 1024, microseconds: 10_000_000 };
/** Sound that begins five minutes after the picture, at 8 Mb/s. The packets are kept in memory. */
const DEEP: ProbeDepth = { bytes: 300 * 1024 * 1024, microseconds: 600_000_000 };

const guards = (formats: string, { bytes, microseconds }: ProbeDepth): readonly string[] => [
  ...['-protocol_whitelist', 'file', '-format_whitelist', formats],
  ...['-probesize', String(bytes), '-analyzeduration', String(microseconds)],
  ...['-max_streams', String(MAX_STREAMS), '-max_pixels', String(MAX_DIMENSION * MAX_DIMENSION)],
];

/**
 * Options in front of the input of a task's read of a source that has been inspected. Only the source cache makes NUT files;
 * one from outside is refused by `inspect`, which reads with the guards below.
 */
export const GUARDS = guards(`${SOURCE_FORMATS},${SOUND_FORMATS},nut`, SHALLOW);
/** For a file from outside that has not been inspected yet. */
export const STRANGER_GUARDS = guards(SOURCE_FORMATS, SHALLOW);
/** The same, for a source of which a stream begins late. Every read that counts packets or streams needs the same depth. */
export const DEEP_GUARDS = guards(SOURCE_FORMATS, DEEP);
/** For a file from outside whose sound is added to a film. */
export const SOUND_GUARDS = guards(`${SOURCE_FORMATS},${SOUND_FORMATS}`, DEEP);

/** `file:` keeps ffmpeg from reading a name with a colon or a leading dash as a protocol or an option. */
export const fileUrl = (path: string): string => `file:${path}`;

export const probeArgs = (
  sourcePath: string,
  show: readonly string[],
  threads: number,
  guarded: readonly string[] = STRANGER_GUARDS,
): string[] => [
  ...['-hide_banner', '-v', 'error', '-max_alloc', String(MAX_ALLOCATION_BYTES), '-threads', String(threads)],
  ...guarded,
  ...show,
  ...['-i', fileUrl(sourcePath)],
];

/** For runs whose stdout is not their progress. `level`: of the log, `repeat+` for lines that are counted. */
export const quietHead = (level: 'warning' | 'info' | 'repeat+verbose'): string[] => [
  ...['-nostdin', '-hide_banner', '-v', level, '-nostats', '-y', '-max_alloc', String(MAX_ALLOCATION_BYTES)],
];
export const FFMPEG_HEAD: readonly string[] = [...quietHead('warning'), '-progress', 'pipe:1'];

/** Where ffmpeg writes the media of one track for the packager. */
export const trackMediaPath = (directory: string, track: string): string => join(directory, `${track}.mp4`);

// frag_discont keeps absolute decode times; cmaf writes signed composition offsets, so the first frame's presentation
// time is its decode time and no edit list is needed (CMAF 9.2.1).
const FRAGMENT_FLAGS = 'frag_keyframe+empty_moov+default_base_moof+frag_discont+cmaf';
/** The sample entries of AC-3 and E-AC-3 are made of their first packets, which `cmaf` does not wait for. */
export const DELAYED_FLAGS = 'frag_keyframe+delay_moov+default_base_moof+frag_discont';

export const outputTail = (path: string, flags = FRAGMENT_FLAGS): string[] => [
  ...['-map_metadata', '-1', '-map_chapters', '-1', '-use_editlist', '0', '-movflags', flags],
  ...['-f', 'mp4', fileUrl(path)],
];
