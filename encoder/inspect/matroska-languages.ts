/** LanguageBCP47 of Matroska's tracks (RFC 9559 5.1.4.1.20), which counts more than Language and which ffmpeg 5.1 does not read. */
import { open } from 'node:fs/promises';

/** Tracks stand before the first cluster. Covers and fonts stand behind. */
const HEAD_BYTES = 1024 * 1024;
const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const LANGUAGE_BCP47 = 0x22b59d;
/** Video, audio, subtitles. ffmpeg makes no streams of other tracks. */
const STREAM_TYPES = [1, 2, 17];

type Element = { id: number; content: Buffer };

/** RFC 8794 4 to 6: an id with its length marker, a size without; all ones mean "to the end". Stops at what is cut off. */
function* elementsOf(bytes: Buffer): Generator<Element> {
  for (let at = 0; at < bytes.length; ) {
    const idLength = Math.clz32(bytes[at] ?? 0) - 23;
    const sizeLength = Math.clz32(bytes[at + idLength] ?? 0) - 23;
    const start = at + idLength + sizeLength;
    if (idLength > 4 || sizeLength > 8 || start > bytes.length) {
      return;
    }
    const coded = bytes.subarray(at + idLength, start);
    // The first byte without the marker of the length: with it, eight bytes would not fit a number.
    const size = coded.reduce(
      (value, byte, place) => value * 256 + (place === 0 ? byte & (0xff >> sizeLength) : byte),
      0,
    );
    const isUnknown = size >= 2 ** (7 * sizeLength) - 1;
    const end = isUnknown ? bytes.length : Math.min(bytes.length, start + size);
    yield { id: bytes.readUIntBE(at, idLength), content: bytes.subarray(start, end) };
    at = end;
  }
}

const childrenOf = (parents: readonly Element[], id: number): Element[] =>
  parents.flatMap(({ content }) => [...elementsOf(content)].filter((element) => element.id === id));

/** By ffmpeg's stream index. Empty where the file is of another format. */
export async function matroskaLanguages(path: string): Promise<Map<number, string>> {
  const file = await open(path, 'r');
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0).finally(() => file.close());
  const [first, segment] = elementsOf(head.subarray(0, bytesRead));
  if (first?.id !== EBML || segment?.id !== SEGMENT) {
    return new Map();
  }
  const entries = childrenOf(childrenOf([segment], TRACKS), TRACK_ENTRY);
  const streams = entries.filter((entry) => {
    const [type] = childrenOf([entry], TRACK_TYPE);
    return STREAM_TYPES.includes(type?.content[0] ?? 0);
  });
  return new Map(
    streams.flatMap((entry, index) => {
      const [language] = childrenOf([entry], LANGUAGE_BCP47);
      return language === undefined ? [] : [[index, language.content.toString('latin1')] as const];
    }),
  );
}
