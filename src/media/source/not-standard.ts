/** Why a source cannot be played as it is. Pure. Codes are public interface: added, never renamed. */

export const NOT_STANDARD = {
  not_mp4: 'The file is no MP4 or MOV',
  fragmented: 'The file is a fragmented MP4',
  index_missing: 'The file has no index (moov), or one that cannot be read',
  index_too_large: 'The index of the file is too large',
  index_damaged: 'The index of the file contradicts itself or the size of the file',
  encrypted: 'The file is encrypted',
  external_data: 'The media data is in another file',
  video_missing: 'The file has no picture',
  video_codec: 'The picture is not 8-bit 4:2:0 H.264 of at most level 5.2',
  video_interlaced: 'The picture is interlaced',
  video_hdr: 'The picture is HDR',
  video_size: 'The picture is too large, or more than 60 frames a second',
  video_rotation: 'The picture is mirrored, or turned by no multiple of 90 degrees',
  audio_codec: 'The sound is not AAC-LC or HE-AAC',
  parameter_sets: 'The parameters of the picture change within the film',
  edit_list: 'The film is cut by an edit list',
  timing: 'Times of frames overlap, jump or are too far apart',
  tracks_unequal: 'Picture and sound do not begin and end together',
  key_frames_missing: 'The film does not begin with a key frame, or does not say which frames are key frames',
  key_frames_far: 'Key frames are more than 12 seconds apart',
  open_gop: 'A key frame is shown after frames that follow it in the file',
  interleaving: 'Picture or sound of a few seconds are spread too far over the file',
  source_name: 'The name of the file in the bucket is too long',
  source_changed: 'The file was overwritten or deleted while it played',
} as const satisfies Record<string, string>;

export type NotStandardCode = keyof typeof NOT_STANDARD;
export const NOT_STANDARD_CODES = Object.keys(NOT_STANDARD) as NotStandardCode[];

/** The only error of the readers of sources: the file is encoded the normal way. */
export class NotStandard extends Error {
  override readonly name = 'NotStandard';
  readonly code: NotStandardCode;

  /** `detail`: for the log; people see the text of the code. */
  constructor(code: NotStandardCode, detail = '') {
    super(detail === '' ? NOT_STANDARD[code] : `${NOT_STANDARD[code]}: ${detail}`);
    this.code = code;
  }
}
