/** EXT-X-MEDIA tags: the sounds and texts that variants name as groups (RFC 8216 4.3.4.1). */
import { codecRowOf } from '../../codecs/codecs.ts';
import { mediaPlaylistPath } from '../../delivery-path.ts';
import type { AudioTrack, TextKind, TextTrack } from '../../presentation.ts';
import { audioName, languageTag, textName, uniqueName } from '../language.ts';
import { type Sound, soundsOf } from '../sounds.ts';
import { type AttributeValue, enumerated, quoted, tag } from './attributes.ts';

const yesNo = (value: boolean): AttributeValue => enumerated(value ? 'YES' : 'NO');

/** Attributes that players choose by, and that viewers see: the same of a sound in every group. */
type Labels = Record<string, AttributeValue | undefined>;

/**
 * `offer`: whether a player may choose it by itself, for a viewer with its language. `first`: unless another of the same
 * `kind` comes before. `kind` tells apart what else is of the language.
 */
type Labelled = {
  language: string;
  name: string;
  isDefault: boolean;
  offer: 'always' | 'first' | 'never';
  characteristics: string | undefined;
  kind: string;
};

/**
 * Names are unique in a group. Members with AUTOSELECT=YES should differ in language or purpose (RFC 8216 4.3.4.1.1), except
 * where the authoring specification says that they must have it (HAS 2.12, 4.6).
 */
function labelsOf(members: readonly Labelled[]): Labels[] {
  const names = new Set<string>();
  const selectionOf = ({ language, kind }: Labelled): string => `${languageTag(language)} ${kind}`;
  const selections = new Set(members.filter(({ isDefault }) => isDefault).map(selectionOf));
  return members.map((member) => {
    const selection = selectionOf(member);
    // DEFAULT=YES implies it.
    const autoselect =
      member.isDefault || member.offer === 'always' || (member.offer === 'first' && !selections.has(selection));
    if (autoselect) {
      selections.add(selection);
    }
    return {
      LANGUAGE: quoted(languageTag(member.language)),
      // A quoted-string cannot hold the double quotes that a name may have.
      NAME: quoted(uniqueName(member.name.replaceAll('"', "'"), names)),
      DEFAULT: yesNo(member.isDefault),
      AUTOSELECT: yesNo(autoselect),
      CHARACTERISTICS: member.characteristics === undefined ? undefined : quoted(member.characteristics),
    };
  });
}

/** Media characteristics of Apple's platforms, which viewers ask for in the settings of their device (HAS 2.12). */
const AUDIO_CHARACTERISTICS: Partial<Record<AudioTrack['role'], string>> = {
  description: 'public.accessibility.describes-video',
  clean_speech: 'public.accessibility.enhances-speech-intelligibility',
};

/** HLS has no characteristic of commentaries: viewers, and the watch page, know them by this word. */
const SAYS_COMMENTARY = /\bcommentary\b/i;

function soundName({ main }: Sound): string {
  const name = audioName(main);
  return main.role === 'commentary' && !SAYS_COMMENTARY.test(name) ? `${name} (commentary)` : name;
}

/** Nobody gets a commentary without asking for it. */
const SOUND_OFFERS: Partial<Record<AudioTrack['role'], Labelled['offer']>> = {
  commentary: 'never',
  description: 'always',
};

function soundLabels(sounds: readonly Sound[]): Labels[] {
  const defaultSound = sounds.find(({ main }) => main.role === 'main') ?? sounds[0];
  return labelsOf(
    sounds.map((sound) => {
      const { language, role } = sound.main;
      const characteristics = AUDIO_CHARACTERISTICS[role];
      return {
        language,
        name: soundName(sound),
        isDefault: sound === defaultSound,
        offer: SOUND_OFFERS[role] ?? 'first',
        kind: characteristics ?? '',
        characteristics,
      };
    }),
  );
}

/** Sounds that a variant names together: a player that can play one format plays all of the group. */
export type AudioGroup = {
  id: string;
  tracks: readonly AudioTrack[];
  codecs: readonly string[];
  average: number;
  peak: number;
};

/** `audio-surround`, `audio-ec3`, `audio-ac3`. */
const groupOf = ({ codec }: AudioTrack): string =>
  `audio-${codecRowOf(codec)?.name === 'AAC' ? 'surround' : codec.replace('-', '')}`;

function groupFrom(id: string, tracks: readonly AudioTrack[]): AudioGroup {
  return {
    id,
    tracks,
    codecs: [...new Set(tracks.map(({ codec }) => codec))],
    average: Math.max(...tracks.map(({ bandwidth }) => bandwidth.average)),
    peak: Math.max(...tracks.map(({ bandwidth }) => bandwidth.peak)),
  };
}

/** `audio` has every sound as all devices play it. Each further format has a group, in which no sound is missing. */
export function audioGroups(tracks: readonly AudioTrack[]): AudioGroup[] {
  const sounds = soundsOf(tracks);
  const ids = new Set(sounds.flatMap(({ formats }) => formats.slice(1).map(groupOf)));
  const mains = sounds.map(({ main }) => main);
  const further = [...ids].map((id) =>
    groupFrom(
      id,
      sounds.map(({ main, formats }) => formats.slice(1).find((track) => groupOf(track) === id) ?? main),
    ),
  );
  return mains.length === 0 ? [] : [groupFrom('audio', mains), ...further];
}

/** The tags of all groups. */
export function audioTags(tracks: readonly AudioTrack[], groups: readonly AudioGroup[], basePath: string): string[] {
  const labels = soundLabels(soundsOf(tracks));
  return groups.flatMap((group) =>
    group.tracks.map(({ id, channels }, index) =>
      tag('EXT-X-MEDIA', {
        TYPE: enumerated('AUDIO'),
        'GROUP-ID': quoted(group.id),
        ...labels[index],
        CHANNELS: quoted(String(channels)),
        URI: quoted(basePath + mediaPlaylistPath(id)),
      }),
    ),
  );
}

export const SUBTITLES_GROUP = 'subs';

/** HAS 4.5 of captions. */
const TEXT_CHARACTERISTICS: Partial<Record<TextKind, string>> = {
  captions: 'public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound',
  descriptions: 'public.accessibility.describes-video',
};

/** Descriptions are to be spoken, so no player shows them by itself. */
const TEXT_OFFERS: Partial<Record<TextKind, Labelled['offer']>> = { captions: 'always', descriptions: 'never' };

/** Players show forced texts by themselves; they are never the default. */
export function textTags(texts: readonly TextTrack[], basePath: string): string[] {
  const defaultText = texts.find(({ isDefault, kind }) => isDefault && kind !== 'forced');
  const labels = labelsOf(
    texts.map((text) => ({
      language: text.language,
      name: textName(text),
      isDefault: text === defaultText,
      offer: TEXT_OFFERS[text.kind] ?? 'first',
      kind: text.kind,
      characteristics: TEXT_CHARACTERISTICS[text.kind],
    })),
  );
  return texts.map(({ id, kind }, index) =>
    tag('EXT-X-MEDIA', {
      TYPE: enumerated('SUBTITLES'),
      'GROUP-ID': quoted(SUBTITLES_GROUP),
      ...labels[index],
      FORCED: kind === 'forced' ? enumerated('YES') : undefined,
      URI: quoted(basePath + mediaPlaylistPath(id)),
    }),
  );
}
