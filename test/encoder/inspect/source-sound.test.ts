import { expect, test } from 'vitest';
import type { RawStream } from '../../../encoder/inspect/probe-schema.ts';
import { describeAudio } from '../../../encoder/inspect/source-sound.ts';
import { cleanName } from '../../../src/media/track-name.ts';

const sound = (index: number, more: Partial<RawStream> = {}): RawStream => ({
  index,
  codec_type: 'audio',
  codec_name: 'aac',
  channels: 2,
  sample_rate: 48_000,
  ...more,
});
const named = (...handlers: string[]) =>
  describeAudio(handlers.map((handler_name, index) => sound(index, { tags: { handler_name } }))).map(
    ({ name }) => name,
  );

test('members that say nothing are left out', () => {
  expect(describeAudio([sound(3, { tags: { handler_name: 'SoundHandler' }, disposition: { default: 1 } })])).toEqual([
    {
      streamIndex: 3,
      codec: 'aac',
      channels: 2,
      sampleRate: 48_000,
      language: 'und',
      startSeconds: 0,
      isDefault: true,
    },
  ]);
});

test.each([
  ['comment', 'commentary'],
  ['visual_impaired', 'description'],
  ['descriptions', 'description'],
  ['dependent', 'description'],
  ['hearing_impaired', 'clean_speech'],
  ['clean_effects', undefined],
  ['dub', undefined],
])('%s is %s', (flag, role) => {
  expect(describeAudio([sound(0, { disposition: { [flag]: 1, default: 0 } })])[0]?.role).toBe(role);
});

test('handlers are names only where they tell tracks apart', () => {
  expect(named('English', 'Director')).toEqual(['English', 'Director']);
  expect(named('SoundHandler', 'SoundHandler')).toEqual([undefined, undefined]);
  expect(named('Apple Sound Media Handler', 'Stereo')).toEqual([undefined, undefined]);
  expect(named('Film', 'Film', 'Director')).toEqual([undefined, undefined, 'Director']);
  expect(named('crh')).toEqual([undefined]);
  expect(describeAudio([sound(0, { tags: { title: 'Kommentar', handler_name: 'x' } }), sound(1)])[0]?.name).toBe(
    'Kommentar',
  );
});

test.each([
  ['  a\n\tb ', 'a b'],
  ['x'.repeat(500), 'x'.repeat(100)],
  [`${'x'.repeat(99)}😀`, 'x'.repeat(99)],
  ['\u202Eevil\u0007', 'evil'],
  [' \0 ', undefined],
  [undefined, undefined],
])('the name %j becomes %j', (text, name) => {
  expect(cleanName(text)).toBe(name);
});

test('streams without parameters are no sound', () => {
  expect(describeAudio([sound(0, { channels: 0 }), sound(1, { sample_rate: undefined })])).toEqual([]);
});
