/** Changes bytes of an index for tests. */
import { type Box, BoxReader } from '../../../../src/media/boxes/boxes.ts';

/** Of the moov box or below: `trak:1/mdia/mdhd` is in the second track. Offsets are behind size and type. */
export function boxAt(moov: Uint8Array, path: string): Box {
  const reader = new BoxReader(moov);
  let boxes = reader.children(reader.boxes()[0] ?? { type: '', start: 0, contentStart: 0, end: 0 });
  let found: Box | undefined;
  for (const name of path.split('/')) {
    const [type, index = '0'] = name.split(':');
    found = boxes.filter((box) => box.type === type)[Number(index)];
    if (found === undefined) {
      throw new TypeError(`no box ${path}`);
    }
    boxes = CONTAINERS.includes(found.type) ? reader.children(found) : [];
  }
  return found ?? { type: '', start: 0, contentStart: 0, end: 0 };
}

/** `change` gets a view of the content of the box at `path`, in a copy. */
export function changed(moov: Uint8Array, path: string, change: (content: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(moov);
  const { contentStart, end } = boxAt(copy, path);
  change(new DataView(copy.buffer, contentStart, end - contentStart));
  return copy;
}

const CONTAINERS = ['trak', 'mdia', 'minf', 'stbl', 'edts', 'dinf'];

/** `added` goes to the end of the box at `path` or, with `entry`, of the first sample entry within that stsd box. */
export function inserted(moov: Uint8Array, path: string, added: readonly number[], { entry = false } = {}): Uint8Array {
  const names = path.split('/');
  const boxes = names.map((_, index) => boxAt(moov, names.slice(0, index + 1).join('/')));
  const end = boxes.at(-1)?.end ?? 0;
  const bytes = Uint8Array.from([...moov.subarray(0, end), ...added, ...moov.subarray(end)]);
  const view = new DataView(bytes.buffer);
  // Version, flags and the number of entries stand before the first.
  const entries = entry ? [(boxes.at(-1)?.contentStart ?? 0) + 8] : [];
  for (const start of [0, ...boxes.map((box) => box.start), ...entries]) {
    view.setUint32(start, view.getUint32(start) + added.length);
  }
  return bytes;
}

/** Another type, so that nobody finds the box. */
export const renamed = (moov: Uint8Array, path: string, type = 'free'): Uint8Array =>
  changed(moov, path, ({ buffer, byteOffset }) => {
    new Uint8Array(buffer).set(
      Array.from(type, (character) => character.charCodeAt(0)),
      byteOffset - 4,
    );
  });

/** The first place of `text` in the bytes of `moov` becomes `other`, which is as long. */
export function replaced(moov: Uint8Array, text: string, other: string): Uint8Array {
  const found = String.fromCharCode(...moov).indexOf(text);
  if (found < 0) {
    throw new TypeError(`no ${text}`);
  }
  const copy = Uint8Array.from(moov);
  copy.set(
    Array.from(other, (character) => character.charCodeAt(0)),
    found,
  );
  return copy;
}
