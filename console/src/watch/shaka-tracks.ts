/** What Shaka Player's lists of tracks say, in the page's terms. Pure. */
import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { Rendition } from './player.ts';
import { ownName, type Sound, type Text } from './tracks.ts';

export type Variant = shaka.extern.Track;

/** HLS CHARACTERISTICS, or DASH Role and Accessibility: Shaka puts both into `roles`. */
const SOUND_ROLES: readonly [role: Sound['role'], RegExp][] = [
  ['description', /^(description|public\.accessibility\.describes-video)$/],
  ['clean_speech', /^(enhanced-audio-intelligibility|public\.accessibility\.enhances-speech-intelligibility)$/],
  ['commentary', /^commentary$/],
];
/** TV-Anytime's purposes in an MPD. */
const PURPOSES: Readonly<Record<string, Sound['role']>> = {
  'visually impaired': 'description',
  'hard of hearing': 'clean_speech',
};
/** HLS has no characteristic for a commentary: its name says it. */
const COMMENTARY_NAME = /\bcommentary\b/i;
const CAPTIONS = /^(captions?|public\.accessibility\.transcribes-spoken-dialog)$/;
const DESCRIPTIONS = /^(descriptions?|public\.accessibility\.describes-video)$/;

type Labelled = { language: string; originalLanguage: string | null; label: string | null };

/** The tag as it was written: Shaka's own is shortened. */
const spoken = ({ language, originalLanguage, label }: Labelled) => ({
  language: originalLanguage || language,
  name: ownName(originalLanguage || language, label ?? ''),
});

function soundRole({ audioRoles, label, accessibilityPurpose }: Variant): Sound['role'] {
  const roles = audioRoles ?? [];
  const [role] = SOUND_ROLES.find(([, pattern]) => roles.some((value) => pattern.test(value))) ?? [];
  if (role !== undefined) {
    return role;
  }
  return PURPOSES[accessibilityPurpose ?? ''] ?? (COMMENTARY_NAME.test(label ?? '') ? 'commentary' : 'main');
}

/** What is the same sound in the same number of channels is one entry: which codec it has is the player's choice. */
export function soundOf(variant: Variant): Sound {
  const said = { ...spoken(variant), role: soundRole(variant), channels: variant.channelsCount ?? 2 };
  return { id: JSON.stringify(Object.values(said)), ...said, isActive: variant.active };
}

export function soundsOf(variants: readonly Variant[]): Sound[] {
  const sounds = new Map<string, Sound>();
  for (const sound of variants.filter(({ audioCodec }) => audioCodec !== null).map(soundOf)) {
    if (sound.isActive || !sounds.has(sound.id)) {
      sounds.set(sound.id, sound);
    }
  }
  // Those of a language together, and of those the formats of a sound, in the manifest's order.
  const groups = Map.groupBy(sounds.values(), ({ language }) => language);
  return [...groups.values()].flatMap((group) =>
    [...Map.groupBy(group, ({ role, name }) => `${role} ${name}`).values()].flat(),
  );
}

export function textOf(track: shaka.extern.TextTrack): Text {
  const { id, active, forced, primary, roles, kind } = track;
  const has = (pattern: RegExp): boolean => [kind ?? '', ...roles].some((value) => pattern.test(value));
  const ofKind = has(CAPTIONS) ? 'captions' : has(DESCRIPTIONS) ? 'descriptions' : 'subtitles';
  return {
    ...{ id: String(id), ...spoken(track), kind: forced ? 'forced' : ofKind },
    ...{ isActive: active, isDefault: primary },
  };
}

export const renditionOf = ({ width, height, videoCodec, codecs }: Variant): Rendition => ({
  width: width ?? 0,
  height: height ?? 0,
  codec: videoCodec ?? codecs ?? '',
});

/** A variant pairs video with audio. Of those with the same video: the active one, else one with the sound that is heard. */
export function onePerHeight(variants: readonly Variant[]): Variant[] {
  const active = variants.find((variant) => variant.active);
  const heard = active === undefined ? '' : soundOf(active).id;
  const rank = (variant: Variant): number => (variant.active ? 2 : soundOf(variant).id === heard ? 1 : 0);
  const best = new Map<number, Variant>();
  for (const variant of variants) {
    const height = variant.height ?? 0;
    const known = best.get(height);
    const better = known === undefined ? 1 : rank(variant) - rank(known) || variant.bandwidth - known.bandwidth;
    if (better > 0) {
      best.set(height, variant);
    }
  }
  return [...best.values()].sort((a, b) => (b.height ?? 0) - (a.height ?? 0));
}
