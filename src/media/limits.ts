/** Bounds shared by Worker and encoder. */

/** H.264 level 6.2 stops at 8192: no player that we serve decodes more. */
export const MAX_DIMENSION = 8192;
/** Twelve hours: the longest works that people upload (streams, operas) fit; a header that claims weeks does not. */
export const MAX_DURATION_SECONDS = 12 * 3600;
/** Sources up to 240 fps (slow-motion phones) for the whole duration. */
export const MAX_FRAME_COUNT = MAX_DURATION_SECONDS * 240;
/** Products with a frame count stay exact integers. */
export const MAX_TIMESCALE = 2 ** 31;
/** Characters of a track's name. Menus of players show about 40. */
export const MAX_TRACK_NAME = 100;
/** Sounds of a film: languages, commentaries, descriptions. The most dubbed films have about thirty. */
export const MAX_AUDIO_TRACKS = 32;
/** Sixteen renditions of the picture, and each of 32 sounds in stereo, 5.1, E-AC-3 and AC-3. */
export const MAX_TRACKS = 144;
/** Subtitles and captions: each language of the sound, with a forced and a caption track. */
export const MAX_TEXT_TRACKS = 96;
/** A file of cues: two hours of dense captions with styles have 1 MB. */
export const MAX_TEXT_BYTES = 10 * 1024 * 1024;
/** The cues twice, with those that cross borders of segments. */
export const MAX_TEXT_PACK_BYTES = 4 * MAX_TEXT_BYTES;
/**
 * A part of a pack that is answered at once, the whole track being the longest. It is held to be compressed,
 * so it is no more than what the memory tier holds of an object (src/delivery/tiers/limits.ts).
 */
export const MAX_TEXT_SLICE_BYTES = 8 * 1024 * 1024;
/** Of a version: each change of its tracks is one. One every five minutes for nine years; keys have room for more. */
export const MAX_REVISION = 1_000_000;
/** A chapter a minute for twelve hours, and some. */
export const MAX_CHAPTERS = 1000;
/**
 * Of all languages together: a hundred chapters in 48 languages. With the longest titles they take 3 MB of a presentation, which
 * delivery does not read above 12 MB.
 */
export const MAX_ALL_CHAPTERS = 5 * MAX_CHAPTERS;
export const MAX_CHAPTER_TITLE = 200;
/**
 * Chunk tasks of a job. Twelve hours in chunks of 64 s are 675. A job with much sound has fewer
 * (src/protocol/plan.ts).
 */
export const MAX_CHUNKS = 900;
/** 12 h at the shortest segment (2 s). */
export const MAX_SEGMENTS_PER_TRACK = 21_600;
/** A single PUT to R2 takes 5 GiB, far more than a 4-s segment has. This limit catches wrong reports. */
export const MAX_SEGMENT_BYTES = 256 * 1024 * 1024;
/** One sample entry and empty tables take about 800 bytes. */
export const MAX_INIT_BYTES = 1024 * 1024;
/** No rendition exceeds this rate: HAS 1.19. */
export const MAX_FRAME_RATE = 60;
/** styp and moof of a segment: 1,000 samples with all their fields. Those that encoders make have 1 to 6 KB. */
const MAX_HEADER_BYTES = 16 * 1024;
/**
 * Of a task's segments, one after another. The sound of twelve hours in one task has 11 MB; a longer one is not kept, and its
 * film has no downloads.
 */
const MAX_HEADERS_BYTES = 16 * 1024 * 1024;
export const maxHeadersBytes = (segments: number): number => Math.min(segments * MAX_HEADER_BYTES, MAX_HEADERS_BYTES);
