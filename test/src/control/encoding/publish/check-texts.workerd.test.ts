import { expect, test } from 'vitest';
import { checkTexts } from '../../../../../src/control/encoding/publish/check-texts.ts';
import type { Presentation, TextTrack } from '../../../../../src/media/presentation.ts';
import { encodeAll } from '../fixture.ts';

const text = (change: Partial<TextTrack> = {}): TextTrack => ({
  ...{ id: 't-en', kind: 'subtitles', language: 'en', isDefault: false, attempt: '1', wholeBytes: 100 },
  ...{ segmentSeconds: 5, segmentBytes: [40, 40, 40], made: { key: 'k', shiftMs: 0 } },
  ...change,
});
const list = (language: string, ...starts: number[]) => ({
  language,
  chapters: starts.map((startMs) => ({ startMs, title: 'x' })),
});

/** Of 14 s. */
const check = async (parts: Pick<Presentation, 'texts' | 'chapters'>) =>
  checkTexts({ ...(await encodeAll()).presentation, ...parts }).map(({ rule, where }) => [rule, where]);

test('finds nothing wrong with texts that cover the film, and chapters in it', async () => {
  expect(await check({})).toEqual([]);
  expect(
    await check({
      texts: [text(), text({ id: 't-de', isDefault: true, segmentSeconds: 14, segmentBytes: [10] })],
      chapters: [list('en', 0, 5000), list('de', 13_999)],
    }),
  ).toEqual([]);
});

test.each<[fault: string, parts: Pick<Presentation, 'texts' | 'chapters'>, found: string[][]]>([
  ['a segment too few', { texts: [text({ segmentBytes: [40, 40] })] }, [['has-5.5', 't-en']]],
  ['a segment too many', { texts: [text({ segmentBytes: [40, 40, 40, 40] })] }, [['has-5.5', 't-en']]],
  ['two tracks of one id', { texts: [text(), text()] }, [['track-unique', 'texts']]],
  [
    'an id of sound',
    { texts: [text({ id: 'a128-eng' })] },
    [
      ['track-unique', 'texts'],
      ['text-pack', 'a128-eng'],
    ],
  ],
  [
    'two defaults',
    { texts: [text({ isDefault: true }), text({ id: 't-de', isDefault: true })] },
    [['rfc8216-4.3.4.1.1', 'texts']],
  ],
  ['a pack that is too large', { texts: [text({ wholeBytes: 40 * 1024 * 1024 })] }, [['text-pack', 't-en']]],
  ['chapters that go back', { chapters: [list('en', 0, 2000, 1000)] }, [['chapters', 'chapters, en']]],
  ['two chapters at one time', { chapters: [list('en', 0, 0)] }, [['chapters', 'chapters, en']]],
  ['a chapter after the end', { chapters: [list('en', 14_000)] }, [['chapters', 'chapters, en']]],
  ['two lists of one language', { chapters: [list('en', 0), list('en', 0)] }, [['chapters', 'chapters']]],
])('finds %s', async (_, parts, found) => {
  expect(await check(parts)).toEqual(found);
});
