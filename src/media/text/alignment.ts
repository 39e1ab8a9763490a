/** Where ASS places text by number, as on a keypad: 1 is bottom left, 8 is top centre. */
import type { Placement } from './cue-settings.ts';

/** Text at the side keeps this distance from it, per cent. */
const MARGIN_PERCENT = 5;

type Anchored = Pick<Placement, 'horizontal' | 'vertical' | 'x'>;

export function placementOf(alignment: number): Anchored {
  const vertical = (['bottom', 'middle', 'top'] as const)[Math.floor((alignment - 1) / 3)] ?? 'bottom';
  const horizontal = (['left', 'center', 'right'] as const)[(alignment - 1) % 3] ?? 'center';
  const x = { left: MARGIN_PERCENT, center: 50, right: 100 - MARGIN_PERCENT }[horizontal];
  return { horizontal, vertical, x };
}
