/** The menu of quality: automatic, or one rendition. Of an earlier film's choice, only a limit remains. */

import { createMenu } from './menu.ts';
import type { Player, Rendition } from './player.ts';
import { type BitRate, bitRatesText } from './text.ts';

const AUTO = 'auto';
const LIMITED = 'limited';

type Parts = {
  player(): Player | null;
  bitRates: ReadonlyMap<number, BitRate>;
  /** From an earlier film. */
  pixelsMax: number | null;
  onLimit(pixelsMax: number | null): void;
};

export type QualityMenu = {
  show(): void;
  apply(): void;
  pixelsMax(): number | null;
  mark(rendition: Rendition | null): void;
};

const pixelsOf = ({ width, height }: Rendition): number => width * height;
const nameOf = ({ width, height }: Rendition): string => `${Math.min(width, height)}p`;

/** The best rendition that a limit leaves, or `null` where it changes nothing or leaves nothing. */
export function bestWithin(renditions: readonly Rendition[], pixelsMax: number): Rendition | null {
  const within = renditions.filter((rendition) => pixelsOf(rendition) <= pixelsMax);
  return within.length === renditions.length ? null : (within[0] ?? null);
}

export function createQualityMenu({ player, bitRates, pixelsMax, onLimit }: Parts): QualityMenu {
  /** Kept when the format changes. A height, or one of the above. */
  let chosen = pixelsMax === null ? AUTO : LIMITED;
  const limit = (): number | null => (chosen === LIMITED ? pixelsMax : null);

  const menu = createMenu('renditions', (value) => {
    chosen = value;
    const list = player()?.renditions() ?? [];
    const rendition = list.find(({ height }) => String(height) === value);
    // Who takes the best that there is does not ask for less elsewhere.
    onLimit(rendition === undefined || rendition === list[0] ? limit() : pixelsOf(rendition));
    apply();
    show();
  });

  function apply(): void {
    player()?.limit(limit());
    player()?.choose(chosen === AUTO || chosen === LIMITED ? null : Number(chosen));
  }

  function show(): void {
    const list = player()?.renditions() ?? [];
    const best = pixelsMax === null ? null : bestWithin(list, pixelsMax);
    const choices = [
      { value: AUTO, label: 'Auto' },
      ...(best === null ? [] : [{ value: LIMITED, label: `Auto, up to ${nameOf(best)}` }]),
      ...list.map((rendition) => {
        const bitRate = bitRates.get(rendition.height);
        const note = bitRate === undefined ? {} : { note: bitRatesText(bitRate) };
        return { value: String(rendition.height), label: nameOf(rendition), ...note };
      }),
    ];
    menu.show(choices, choices.some(({ value }) => value === chosen) ? chosen : AUTO);
  }

  return {
    show,
    apply,
    pixelsMax: limit,
    mark: (rendition) => menu.mark(rendition === null ? null : String(rendition.height)),
  };
}
