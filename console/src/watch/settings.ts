/** The menus over the picture, and what they remember. */
import { element } from '../element.ts';
import { createMenu } from './menu.ts';
import type { Player, Rendition } from './player.ts';
import { loadPreferences, type Preferences, SPEEDS, savePreferences } from './preferences.ts';
import { createQualityMenu } from './quality-menu.ts';
import { createSettingsPanel } from './settings-panel.ts';
import type { BitRate } from './text.ts';
import { createTextStyle } from './text-style.ts';
import {
  listedTexts,
  pickSound,
  pickText,
  type Sound,
  soundLabel,
  type Text,
  textLabel,
  textToSwitchOn,
} from './tracks.ts';
import type { Transport } from './transport.ts';

const OFF = 'off';

type Parts = {
  video: HTMLVideoElement;
  stage: HTMLElement;
  transport: Transport;
  bitRates: ReadonlyMap<number, BitRate>;
  player(): Player | null;
};

export type Settings = {
  /** Shows what the player has now. */
  show(): void;
  /** What a load needs to know beforehand. */
  forLoad(): { sound: Preferences['sound']; pixelsMax: number | null };
  /** Gives a film that was loaded what the viewer chose before. */
  apply(): void;
  toggleTexts(): void;
  /** The rendition on the screen. */
  mark(rendition: Rendition | null): void;
};

export function createSettings({ video, stage, transport, bitRates, player }: Parts): Settings {
  let preferences = loadPreferences();
  const keep = (changes: Partial<Preferences>): void => {
    preferences = { ...preferences, ...changes };
    savePreferences(preferences);
  };
  const captions = element('captions', HTMLButtonElement);
  const textStyle = element('text-style-setting', HTMLElement);

  const soundsNow = (): readonly Sound[] => player()?.sounds() ?? [];
  const textsNow = (): readonly Text[] => player()?.texts() ?? [];

  const sounds = createMenu('sounds', (id) => {
    const sound = soundsNow().find((entry) => entry.id === id);
    if (sound !== undefined) {
      const { language, role, name, channels } = sound;
      keep({ sound: { language, role, name, channels } });
      player()?.chooseSound(id);
      applyText();
      show();
    }
  });
  const texts = createMenu('texts', (id) => chooseText(textsNow().find((text) => text.id === id) ?? null));
  const speeds = createMenu('speeds', (speed) => transport.setSpeed(Number(speed)));
  const quality = createQualityMenu({
    player,
    bitRates,
    pixelsMax: preferences.pixelsMax,
    onLimit: (pixelsMax) => keep({ pixelsMax }),
  });

  function chooseText(text: Text | null): void {
    const wish = text && { language: text.language, kind: text.kind, name: text.name };
    keep(wish === null ? { showsTexts: false } : { showsTexts: true, text: wish });
    if (text === null) {
      applyText();
    } else {
      player()?.chooseText(text.id);
    }
    show();
  }

  function applyText(): void {
    const heard = soundsNow().find(({ isActive }) => isActive);
    player()?.chooseText(pickText(textsNow(), preferences, heard?.language ?? '')?.id ?? null);
  }

  function showSpeed(): void {
    const speed = video.defaultPlaybackRate;
    speeds.show(
      SPEEDS.map((entry) => ({ value: String(entry), label: entry === 1 ? 'Normal' : `${entry}×` })),
      String(speed),
    );
    element('speed', HTMLElement).textContent = speed === 1 ? '' : ` · ${speed}×`;
  }

  function show(): void {
    const soundList = soundsNow();
    sounds.show(
      soundList.map((sound) => ({ value: sound.id, ...soundLabel(sound) })),
      soundList.find(({ isActive }) => isActive)?.id ?? '',
    );
    const textList = listedTexts(textsNow());
    const shown = textList.find(({ isActive }) => isActive);
    texts.show(
      textList.length === 0
        ? []
        : [{ value: OFF, label: 'Off' }, ...textList.map((text) => ({ value: text.id, label: textLabel(text) }))],
      shown?.id ?? OFF,
    );
    textStyle.hidden = textList.length === 0;
    captions.hidden = textList.length === 0;
    captions.ariaPressed = String(shown !== undefined);
    quality.show();
  }

  function toggleTexts(): void {
    const list = listedTexts(textsNow());
    const isShown = list.some(({ isActive }) => isActive);
    // A film without texts says nothing of what its viewer wants to see of others.
    if (list.length > 0) {
      chooseText(isShown ? null : textToSwitchOn(list, preferences.text, navigator.languages));
    }
  }

  createSettingsPanel();
  createTextStyle(stage, preferences, keep);
  captions.addEventListener('click', toggleTexts);
  video.addEventListener('ratechange', () => {
    showSpeed();
    keep({ speed: video.defaultPlaybackRate });
  });
  transport.setSpeed(preferences.speed);
  showSpeed();
  return {
    show,
    forLoad: () => ({ sound: preferences.sound, pixelsMax: quality.pixelsMax() }),
    apply() {
      const sound = pickSound(soundsNow(), preferences.sound);
      if (sound !== null && !sound.isActive) {
        player()?.chooseSound(sound.id);
      }
      applyText();
      quality.apply();
      show();
    },
    toggleTexts,
    mark: quality.mark,
  };
}
