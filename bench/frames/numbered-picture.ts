/**
 * A picture that shows the number of its frame as 4 × 4 black or white blocks: twelve bits for the number and four
 * check bits. Blocks of this size survive every codec, size and bit rate. Pure.
 */

const GRID = 4;
/** The most frames of a source: more than 12 s at 240 fps. */
export const MAX_NUMBER = 2 ** 12;
/** The side of the grey pictures that are drawn, and of those that are read. */
export const DRAWN_SIDE = 16;
export const READ_SIDE = 64;
/** A block between these values is a mixture of two frames. */
const BLACK_BELOW = 90;
const WHITE_ABOVE = 165;

/** Chosen so that neither a black nor a white picture is a valid number. */
const checkOf = (number: number): number => (number & 15) ^ ((number >> 4) & 15) ^ (number >> 8) ^ 0b0110;

/** Degrees by which a player turns the coded picture clockwise. */
export type Rotation = 0 | 90 | 180 | 270;

/** The position in the coded picture of the block that is shown at a row and column. */
function codedBlock(row: number, column: number, rotation: Rotation): number {
  const last = GRID - 1;
  const [codedRow, codedColumn] = {
    0: [row, column],
    90: [last - column, row],
    180: [last - row, last - column],
    270: [column, last - row],
  }[rotation] as [number, number];
  return codedRow * GRID + codedColumn;
}

/** DRAWN_SIDE × DRAWN_SIDE grey samples. */
export function drawNumber(number: number, rotation: Rotation): Uint8Array {
  const bits = (number << 4) | checkOf(number);
  const blocks = new Uint8Array(GRID * GRID);
  for (let block = 0; block < GRID * GRID; block++) {
    const coded = codedBlock(Math.floor(block / GRID), block % GRID, rotation);
    blocks[coded] = (bits >> block) & 1 ? 255 : 0;
  }
  const size = DRAWN_SIDE / GRID;
  return Uint8Array.from({ length: DRAWN_SIDE * DRAWN_SIDE }, (_, index) => {
    const row = Math.floor(index / DRAWN_SIDE / size);
    return blocks[row * GRID + Math.floor((index % DRAWN_SIDE) / size)] ?? 0;
  });
}

/** Reads the number from READ_SIDE × READ_SIDE grey samples. Null if it is unreadable. */
export function readNumber(picture: Uint8Array): number | null {
  const size = READ_SIDE / GRID;
  let bits = 0;
  for (let block = 0; block < GRID * GRID; block++) {
    // Only the inner half, because edges are blurred.
    const top = Math.floor(block / GRID) * size + size / 4;
    const left = (block % GRID) * size + size / 4;
    let sum = 0;
    for (let y = 0; y < size / 2; y++) {
      for (let x = 0; x < size / 2; x++) {
        sum += picture[(top + y) * READ_SIDE + left + x] ?? 0;
      }
    }
    const grey = sum / (size / 2) ** 2;
    if (grey >= BLACK_BELOW && grey <= WHITE_ABOVE) {
      return null;
    }
    bits |= grey > WHITE_ABOVE ? 1 << block : 0;
  }
  const number = bits >> 4;
  return checkOf(number) === (bits & 15) ? number : null;
}
