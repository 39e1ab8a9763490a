/**
 * The publish check of text tracks and chapters, as far as the presentation says what they are. Pure. Rule names are those
 * of docs/architecture/conformance.md.
 */
import { MAX_TEXT_PACK_BYTES } from '../../../media/limits.ts';
import { presentationDurationSeconds, type TextTrack, type Unnumbered } from '../../../media/presentation.ts';
import { brokenRules, type Violation } from './violations.ts';

/** HAS 5.5: segments cover the film. The 1e-9 keeps a length that is whole but for float noise from asking for one more. */
function checkText({ id, wholeBytes, segmentSeconds, segmentBytes }: TextTrack, filmSeconds: number): Violation[] {
  const wanted = Math.max(1, Math.ceil(filmSeconds / segmentSeconds - 1e-9));
  const bytes = segmentBytes.reduce((sum, length) => sum + length, wholeBytes);
  return brokenRules(id, [
    [
      'has-5.5',
      segmentBytes.length === wanted,
      `${segmentBytes.length} segments of ${segmentSeconds} s, not ${wanted}`,
    ],
    ['text-pack', id.startsWith('t') && bytes <= MAX_TEXT_PACK_BYTES, `${bytes} bytes`],
  ]);
}

function checkChapters({ chapters: lists = [] }: Unnumbered, filmSeconds: number): Violation[] {
  const languages = lists.map(({ language }) => language);
  const ofLists = lists.flatMap(({ language, chapters }) => {
    const isAscending = chapters.every(({ startMs }, index) => startMs > (chapters[index - 1]?.startMs ?? -1));
    const isInside = chapters.every(({ startMs }) => startMs < 1000 * filmSeconds);
    return brokenRules(`chapters, ${language}`, [
      ['chapters', isAscending, 'starts do not ascend'],
      ['chapters', isInside, 'a chapter begins after the end of the film'],
    ]);
  });
  const isUnique = new Set(languages).size === languages.length;
  return [...ofLists, ...brokenRules('chapters', [['chapters', isUnique, 'two lists have the same language']])];
}

/** All violations of a presentation's texts and chapters. */
export function checkTexts(presentation: Unnumbered): Violation[] {
  const { tracks, texts = [] } = presentation;
  const filmSeconds = presentationDurationSeconds(presentation);
  const ids = [...tracks, ...texts].map(({ id }) => id);
  const defaults = texts.filter(({ isDefault }) => isDefault).length;
  return [
    ...brokenRules('texts', [
      ['track-unique', new Set(ids).size === ids.length, 'two tracks have the same id'],
      ['rfc8216-4.3.4.1.1', defaults <= 1, `${defaults} tracks are the default`],
    ]),
    ...texts.flatMap((text) => checkText(text, filmSeconds)),
    ...checkChapters(presentation, filmSeconds),
  ];
}
