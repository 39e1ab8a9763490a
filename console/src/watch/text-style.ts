/** Size and background of subtitles, as the viewer likes them. The styles are in cues.css. */
import { createChoices } from '../choices.ts';
import { element } from '../element.ts';
import { type Preferences, TEXT_BACKGROUNDS, TEXT_SIZES, type TextBackground } from './preferences.ts';

const BACKGROUND_TEXT: Readonly<Record<TextBackground, string>> = { dim: 'Dim', solid: 'Solid', none: 'None' };

type Style = Pick<Preferences, 'textSize' | 'textBackground'>;

export function createTextStyle(stage: HTMLElement, style: Style, onChange: (style: Style) => void): void {
  let now = style;
  const sizes = createChoices(element('text-sizes', HTMLElement), 'text-size', (value) =>
    set({ ...now, textSize: Number(value) }),
  );
  const backgrounds = createChoices(element('text-backgrounds', HTMLElement), 'text-background', (value) =>
    set({ ...now, textBackground: TEXT_BACKGROUNDS.find((background) => background === value) ?? 'dim' }),
  );
  function show(): void {
    stage.style.setProperty('--text-size', String(now.textSize));
    stage.dataset['textBackground'] = now.textBackground;
    sizes.show(
      TEXT_SIZES.map((size) => ({ value: String(size), label: `${100 * size}%` })),
      String(now.textSize),
    );
    backgrounds.show(
      TEXT_BACKGROUNDS.map((background) => ({ value: background, label: BACKGROUND_TEXT[background] })),
      now.textBackground,
    );
  }
  function set(next: Style): void {
    now = next;
    show();
    onChange({ textSize: now.textSize, textBackground: now.textBackground });
  }
  show();
}
