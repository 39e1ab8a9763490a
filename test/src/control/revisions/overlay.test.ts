/** Rows on a presentation, without catalog and bucket. */
import { describe, expect, test } from 'vitest';
import type { TrackRow } from '../../../../src/catalog/tracks.ts';
import { newTrackId } from '../../../../src/control/revisions/added-tracks.ts';
import {
  overlayChapters,
  overlayTexts,
  overlayTracks,
  rowsById,
  withParts,
} from '../../../../src/control/revisions/overlay.ts';
import { isAddedTrack, trackIdSchema } from '../../../../src/media/ids.ts';
import type { AudioTrack, TextTrack, Track } from '../../../../src/media/presentation.ts';
import { audioTrack, presentationOf, videoTrack } from '../../media/manifest/fixture.ts';

const REF = { assetId: 'asset1', version: 'ver1' };

const row = (id: string, change: Partial<TrackRow> = {}): TrackRow => ({
  asset_id: 'asset1',
  id,
  origin: isAddedTrack(id) ? 'added' : 'source',
  kind: null,
  language: null,
  name: null,
  role: null,
  is_default: null,
  shift_ms: 0,
  content: null,
  content_url: null,
  state: 'ready',
  error_code: null,
  error_message: null,
  warnings: null,
  created_at: 1,
  updated_at: 1,
  ...change,
});

const VIDEO = videoTrack('v360', 640, 360, 1000);
const ENGLISH = audioTrack('a128-en', 'en', { name: 'Stereo' });
const SURROUND = audioTrack('a384-en', 'en', { channels: 6, formatOf: 'a128-en' });
const COMMENTARY = audioTrack('a128-en-2', 'en', { role: 'commentary' });
const FRENCH = audioTrack('a128-fr', 'fr', { role: 'alternate' });
const TRACKS = [VIDEO, ENGLISH, SURROUND, COMMENTARY, FRENCH];

const sounds = (tracks: readonly Track[]) =>
  tracks.filter((track): track is AudioTrack => track.kind === 'audio').map(({ id, role }) => `${id} ${role}`);
const overlaid = (...rows: TrackRow[]) => overlayTracks(TRACKS, rowsById(rows));

describe('sound', () => {
  test('has the labels of its rows, in all of its formats', () => {
    const [, stereo, surround] = overlaid(row('a128-en', { language: 'en-GB', name: '', role: 'clean_speech' }));
    expect(stereo).toMatchObject({ language: 'en-GB', role: 'clean_speech' });
    expect(surround).toMatchObject({ language: 'en-GB', role: 'clean_speech', channels: 6, formatOf: 'a128-en' });
    expect([stereo, surround].map((track) => 'name' in (track ?? {}))).toEqual([false, false]);
  });

  test('loses a role that was taken back', () => {
    expect(sounds(overlaid(row('a128-en-2', { role: '' })))).toContain('a128-en-2 alternate');
  });

  test('that is deleted takes its formats along, and the first of the others begins', () => {
    expect(sounds(overlaid(row('a128-en', { state: 'deleted' })))).toEqual(['a128-en-2 commentary', 'a128-fr main']);
  });

  test.each([
    ['the one that was chosen', [row('a128-fr', { is_default: 1 })], 'a128-fr main'],
    ['another, where that is taken back', [row('a128-en', { is_default: 0 })], 'a128-fr main'],
    ['the first, but never a commentary', [row('a128-en-2', { is_default: 1 })], 'a128-en main'],
  ])('begins with %s', (_, rows, main) => {
    expect(sounds(overlaid(...rows)).filter((sound) => sound.endsWith('main') && !sound.startsWith('a384'))).toEqual([
      main,
    ]);
  });

  test('that was added is there as long as its row is', () => {
    const dub = [...TRACKS, audioTrack('a-de_1', 'de', { role: 'alternate' })];
    expect(sounds(overlayTracks(dub, rowsById([row('a-de_1', { kind: 'audio' })])))).toContain('a-de_1 alternate');
    expect(sounds(overlayTracks(dub, rowsById([])))).not.toContain('a-de_1 alternate');
  });

  test('without rows is as it was', () => {
    expect(overlaid()).toEqual(TRACKS.map((track) => (track === SURROUND ? { ...SURROUND, name: 'Stereo' } : track)));
  });
});

const text = (id: string, change: Partial<TextTrack> = {}): TextTrack => ({
  id,
  kind: 'subtitles',
  language: 'en',
  isDefault: false,
  attempt: '1',
  wholeBytes: 10,
  segmentSeconds: 30,
  segmentBytes: [10],
  made: { key: `assets/asset1/ver1/${id}/1/cues`, shiftMs: 0 },
  ...change,
});
const added = (id: string, change: Partial<TrackRow> = {}) =>
  row(id, { kind: 'subtitles', language: 'de', content: `sources/asset1/tracks/${id}`, ...change });
const texts = (of: TextTrack[], ...rows: TrackRow[]) => overlayTexts(of, REF, rowsById(rows));

describe('text', () => {
  test('of the source comes first, then what was added', () => {
    expect(texts([text('t-en', { name: 'English' })], added('t-de_1', { shift_ms: 250, name: 'Deutsch' }))).toEqual([
      {
        id: 't-en',
        kind: 'subtitles',
        language: 'en',
        name: 'English',
        isDefault: false,
        made: { key: 'assets/asset1/ver1/t-en/1/cues', shiftMs: 0 },
      },
      {
        id: 't-de_1',
        kind: 'subtitles',
        language: 'de',
        name: 'Deutsch',
        isDefault: false,
        made: { key: 'sources/asset1/tracks/t-de_1', shiftMs: 250 },
      },
    ]);
  });

  test('of the source can be renamed, shifted, replaced and deleted', () => {
    const of = [text('t-en', { name: 'English' })];
    const changed = texts(of, row('t-en', { name: '', kind: 'captions', shift_ms: -40, content: 'sources/a/b' }));
    expect(changed).toEqual([
      { id: 't-en', kind: 'captions', language: 'en', isDefault: false, made: { key: 'sources/a/b', shiftMs: -40 } },
    ]);
    expect(texts(of, row('t-en', { state: 'deleted' }))).toEqual([]);
  });

  test('that was replaced stays what it is in the next revision', () => {
    const replaced = text('t-en', { made: { key: 'sources/asset1/tracks/t-en-x', shiftMs: 0 } });
    expect(texts([replaced], row('t-en', { content: 'sources/asset1/tracks/t-en-x' }))).toHaveLength(1);
  });

  test('that was added goes with its row, and while that waits', () => {
    const of = [text('t-de_1', { made: { key: 'sources/asset1/tracks/t-de_1', shiftMs: 0 } })];
    expect(texts(of)).toEqual([]);
    expect(texts(of, added('t-de_1', { state: 'waiting' }))).toEqual([]);
    expect(texts(of, added('t-de_1'))).toHaveLength(1);
  });

  test('has one default, which is none of the forced', () => {
    const of = [text('t-en', { isDefault: true }), text('t-fr', { isDefault: true })];
    const shown = (...rows: TrackRow[]) => texts(of, ...rows).flatMap(({ id, isDefault }) => (isDefault ? [id] : []));
    expect(shown()).toEqual(['t-en']);
    expect(shown(added('t-de_1', { is_default: 1 }))).toEqual(['t-de_1']);
    expect(shown(added('t-de_1', { is_default: 1, kind: 'forced' }))).toEqual(['t-en']);
    expect(shown(row('t-en', { is_default: 0 }), row('t-fr', { is_default: 0 }))).toEqual([]);
  });

  test('has at most 96 tracks', () => {
    expect(texts([], ...Array.from({ length: 100 }, (_, index) => added(`t-de_${index}`)))).toHaveLength(96);
  });
});

describe('chapters', () => {
  const list = (language: string, ...starts: number[]) => ({
    language,
    chapters: starts.map((startMs) => ({ startMs, title: `At ${startMs}` })),
  });

  test('of a language are those of its row; an empty row is none', () => {
    const source = [list('en', 0, 5000), list('de', 0)];
    expect(overlayChapters(source, [list('en', 0), list('de')], 9000)).toEqual([list('en', 0)]);
  });

  test('that begin at the end of the film go', () => {
    expect(overlayChapters([list('en', 0, 8999, 9000)], [list('de', 9000)], 9000)).toEqual([list('en', 0, 8999)]);
  });
});

test('a presentation without texts and chapters has no such members', () => {
  const { revision: _, ...built } = presentationOf(TRACKS);
  expect(withParts(built, { tracks: TRACKS, texts: [], chapters: [] })).toEqual(built);
});

describe('an id', () => {
  test('is free, and no id of a plan', () => {
    const taken = new Set(['t-pt-br_1', 't-pt-br_2']);
    expect(newTrackId('subtitles', 'pt-BR', (id) => taken.has(id))).toBe('t-pt-br_3');
    expect(newTrackId('captions', 'en', () => false)).toBe('t-en-captions_1');
  });

  test('is one, however long the language', () => {
    const id = newTrackId('descriptions', 'zh-Hant-x-a-very-long-one', (known) => !known.endsWith('_99'));
    expect(trackIdSchema.parse(id)).toBe('t-zh-hant-x-a-ve-descriptions_99');
    expect(trackIdSchema.parse(newTrackId('audio', 'fr', () => false))).toMatch(/^a-fr_[0-9a-z]{6}$/);
  });
});
