/** Captions (CEA-608) in the picture, which ffmpeg cannot write: pop-on captions in the SEI of an H.264 stream (A/53 Part 4 6.2). Pure. */

/** `from`, `to`: pictures. It is loaded during the pictures before, two characters in each. */
export type Caption = { from: number; to: number; text: string };

type Pair = readonly [number, number];
/** CEA-608 F.1: channel 1, field 1. */
const RESUME_LOADING: Pair = [0x14, 0x20];
const ERASE_MEMORY: Pair = [0x14, 0x2e];
const BOTTOM_ROW: Pair = [0x14, 0x70];
const END_OF_CAPTION: Pair = [0x14, 0x2f];
const ERASE_DISPLAYED: Pair = [0x14, 0x2c];
const NOTHING: Pair = [0, 0];

/** Odd parity in the eighth bit. */
function withParity(value: number): number {
  const ones = [...value.toString(2)].filter((bit) => bit === '1').length;
  return ones % 2 === 0 ? value | 0x80 : value;
}

function load(text: string): Pair[] {
  const codes = [...text].map((character) => character.charCodeAt(0));
  const pairs = Array.from(
    { length: Math.ceil(codes.length / 2) },
    (_, index): Pair => [codes[2 * index] ?? 0, codes[2 * index + 1] ?? 0],
  );
  return [RESUME_LOADING, ERASE_MEMORY, BOTTOM_ROW, ...pairs];
}

/** One pair for each picture. */
function pairsOf(pictures: number, captions: readonly Caption[]): Pair[] {
  const pairs: Pair[] = new Array<Pair>(pictures).fill(NOTHING);
  for (const { from, to, text } of captions) {
    const loading = load(text);
    pairs.splice(from - loading.length, loading.length, ...loading);
    pairs[from] = END_OF_CAPTION;
    pairs[to] = ERASE_DISPLAYED;
  }
  return pairs;
}

/** user_data_registered_itu_t_t35 with cc_data of one valid pair of field 1. It has no two zeros in a row to be escaped. */
function captionNal(pair: Pair): Buffer {
  const [first, second] = pair.map(withParity);
  const payload = [
    0xb5,
    0x00,
    0x31,
    ...Buffer.from('GA94'),
    0x03,
    0x41,
    0xff,
    0xfc,
    first ?? 0x80,
    second ?? 0x80,
    0xff,
  ];
  return Buffer.from([0, 0, 0, 1, 6, 4, payload.length, ...payload, 0x80]);
}

const DELIMITER = Buffer.from([0, 0, 0, 1, 9]);

/** `stream`: Annex B with access unit delimiters, whose pictures are in the order in which they are shown. */
export function withCaptions(stream: Buffer, captions: readonly Caption[]): Buffer {
  const starts: number[] = [];
  for (let at = stream.indexOf(DELIMITER); at >= 0; at = stream.indexOf(DELIMITER, at + 1)) {
    starts.push(at);
  }
  const pairs = pairsOf(starts.length, captions);
  return Buffer.concat(
    starts.flatMap((start, picture) => {
      const behind = start + DELIMITER.length + 1;
      const rest = stream.subarray(behind, starts[picture + 1] ?? stream.length);
      return [stream.subarray(start, behind), captionNal(pairs[picture] ?? NOTHING), rest];
    }),
  );
}
