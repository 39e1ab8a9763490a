/**
 * The inputs beside the checkout that were found to fail, one for each class. The classes themselves are in the other files
 * of this folder, with inputs that they make.
 */
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import type { Expected, Refused } from './expectation.ts';
import { type Case, runCases } from './run-cases.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/cases', import.meta.url));

const LANGUAGES = ['eng', 'deu', 'fra', 'spa', 'ita', 'por', 'rus', 'jpn', 'kor', 'zho'];

const SAMPLES: Readonly<Record<string, Expected | Refused>> = {
  's54_paff.ts': { frameRate: '25', frames: 50, warnings: ['deinterlaced'] },
  's20a_trim_end.mp4': { frameRate: '30', frames: 120, warnings: [] },
  's06_concat_restart.ts': {
    ...{ frameRate: '30', seconds: 8, within: 0.2 },
    // Each part of AAC begins with priming and ends with padding.
    warnings: ['times_repaired', 'sound_overlaps_cut'],
  },
  's25_ac3_2to51.ts': {
    frames: 240,
    soundFrames: 375,
    warnings: ['sound_attenuated', 'sound_format_changes', 'surround_to_stereo'],
  },
  's09_res_change_portrait.ts': { frameRate: '30', size: [320, 180], warnings: ['size_changes', 'sound_overlaps_cut'] },
  's92_dvb_720_to_544.ts': { frameRate: '25', warnings: ['deinterlaced', 'frames_dropped', 'size_changes'] },
  's91_pq_odd_321x181.webm': { frames: 30, size: [322, 182], warnings: ['hdr_to_sdr'] },
  's16c_poster_track_first.mkv': { frameRate: '30', frames: 120 },
  's16a_two_video_second_default.mp4': { frames: 60, size: [640, 360], warnings: ['track_dropped'] },
  's03_audio_longer_4s.mp4': { frames: 240, soundFrames: 375, warnings: ['picture_held'] },
  's02_video_late_2s.mp4': { frames: 300, warnings: ['picture_late'] },
  's05_last_frame_held_5s.mp4': { seconds: 8, within: 0.05 },
  's11c_one_gap_80ms.mkv': { frames: 240, warnings: ['sound_gaps_filled'] },
  's11a_audio_drift_1pct.webm.mkv': { frames: 240, warnings: ['sound_drift_corrected'] },
  's50a_4_of_120_dropped.mp4': { frameRate: '30', frames: 120, warnings: ['frames_missing'] },
  's56_xvid_bframes.avi': { frameRate: '25', frames: 100 },
  's51_ts_starts_midgop.ts': { frameRate: '30', warnings: ['start_undecodable'] },
  's70_tail_corrupt.mp4': { frameRate: '30', frames: 240, warnings: ['end_damaged'] },
  's59_audio_after_15s.ts': {
    frames: 625,
    tracks: [{ language: 'und' }],
    silent: [{ from: 0, to: 14.9 }],
    warnings: [],
  },
  's22a_xhe_aac.mp4': { error: 'source_audio_unsupported', message: /sound|audio/i },
  's13a_bt2020_sdr_red.mp4': { frames: 60, colours: [{ rgb: [255, 0, 0] }], warnings: ['gamut_reduced'] },
  's12c_dovi_profile5.mp4': { error: 'source_unsupported', message: /Dolby Vision/ },
  's82_progressive_then_interlaced.ts': { frameRate: '25', warnings: ['deinterlaced', 'frames_dropped'] },
  's53_cenc.mp4': { error: 'source_encrypted', message: /encrypted/i },
  's52_mdat_8_too_long.mp4': { frames: 240, soundFrames: 375, warnings: [] },
  's81_language_tags.mkv': { languages: ['deu', 'fra', 'zho', 'pt-BR', 'en-US'] },
  's26_multi_audio.mkv': {
    tracks: [
      { language: 'deu', name: 'Deutsch' },
      { language: 'eng' },
      { language: 'eng', name: 'Director commentary', role: 'commentary' },
    ],
  },
  's58_ten_languages.mkv': { languages: LANGUAGES, warnings: [] },
  's94_two_programs.ts': { tracks: [{ language: 'und' }], size: [320, 240], warnings: ['track_dropped'] },
  's17a_480fps.mp4': { frameRate: '60', frames: 120, warnings: ['frames_dropped'] },
  's95_alpha_hidden_red.mov': { frames: 25, colours: [{ x: 0.98, rgb: [0, 0, 0] }], warnings: ['alpha_composed'] },
};

const present = Object.keys(SAMPLES).filter((name) => existsSync(join(FOLDER, name)));
const missing = Object.keys(SAMPLES).filter((name) => !present.includes(name));
if (missing.length > 0) {
  console.log(`left out, as ../shared/cases lacks them: ${missing.join(', ')}`);
}

const cases = present.map(
  (name): Case => ({
    name,
    // Some folders are read-only, and a source's name says nothing about it in a bucket.
    make: async (directory) => {
      const path = join(directory, `source${extname(name)}`);
      await copyFile(join(FOLDER, name), path);
      return path;
    },
    right: SAMPLES[name] ?? {},
  }),
);

describe('samples', () => {
  runCases(cases);
  if (cases.length === 0) {
    test('none is here', () => undefined);
  }
});
