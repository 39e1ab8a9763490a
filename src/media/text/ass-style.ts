/** Styles of ASS scripts. */

/** What a style or its override says. `alignment` as on a keypad. */
export type AssStyle = { bold: boolean; italic: boolean; underline: boolean; alignment: number };
export type AssScript = { width: number; height: number; styles: Map<string, AssStyle> };

export const DEFAULT_STYLE: AssStyle = { bold: false, italic: false, underline: false, alignment: 2 };

/** SSA and `\a`: 1 to 3 at the bottom, 5 to 7 at the top, 9 to 11 in the middle. */
export function alignmentOfLegacy(number: number): number {
  const row = [1, 7, 4][number >> 2];
  const column = (number & 3) - 1;
  return row === undefined || column < 0 ? DEFAULT_STYLE.alignment : row + column;
}
