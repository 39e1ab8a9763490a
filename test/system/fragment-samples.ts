/** The samples of a CMAF segment, read without any of our own readers: what a player makes of moof and mdat. */

export type FragmentSample = {
  decodeTicks: number;
  /** Decode time and the signed composition offset. */
  presentationTicks: number;
  durationTicks: number;
  isSync: boolean;
  data: Buffer;
};

/** ISO/IEC 14496-12 8.8.7, 8.8.8. */
const TFHD = { baseDataOffset: 0x1, description: 0x2, duration: 0x8, size: 0x10, flags: 0x20, baseIsMoof: 0x20000 };
const TRUN = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, composition: 0x800 };
const IS_NON_SYNC = 0x10000;

type Box = { type: string; start: number; content: Buffer };

function boxesIn(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let start = 0; start < bytes.length; ) {
    const short = bytes.readUInt32BE(start);
    const [size, header] = short === 1 ? [Number(bytes.readBigUInt64BE(start + 8)), 16] : [short, 8];
    if (size < header || start + size > bytes.length) {
      throw new Error(`a box of ${size} bytes at ${start} of ${bytes.length}`);
    }
    const type = bytes.toString('latin1', start + 4, start + 8);
    boxes.push({ type, start, content: bytes.subarray(start + header, start + size) });
    start += size;
  }
  return boxes;
}

function only(boxes: readonly Box[], type: string): Box {
  const found = boxes.filter((box) => box.type === type);
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} boxes ${type} among ${boxes.map((box) => box.type).join(' ')}`);
  }
  return found[0];
}

/** Reads the fields that flags say are there, one after another. */
class Fields {
  readonly #bytes: Buffer;
  readonly version: number;
  readonly flags: number;
  #at = 4;

  constructor({ content }: Box) {
    this.#bytes = content;
    this.version = content.readUInt8(0);
    this.flags = content.readUIntBE(1, 3);
  }

  next(bytes: 4 | 8 = 4, isSigned = false): number {
    const at = this.#at;
    this.#at += bytes;
    if (bytes === 8) {
      return Number(this.#bytes.readBigUInt64BE(at));
    }
    return isSigned ? this.#bytes.readInt32BE(at) : this.#bytes.readUInt32BE(at);
  }

  nextIf(flag: number, otherwise: number, isSigned = false): number {
    return (this.flags & flag) === 0 ? otherwise : this.next(4, isSigned);
  }
}

/** Throws unless it is one fragment of one track whose samples are all in it. */
export function samplesOf(segment: Buffer): FragmentSample[] {
  const top = boxesIn(segment);
  const [moof, mdat] = [only(top, 'moof'), only(top, 'mdat')];
  const traf = boxesIn(only(boxesIn(moof.content), 'traf').content);
  const tfhd = new Fields(only(traf, 'tfhd'));
  tfhd.next(); // track_ID
  if ((tfhd.flags & TFHD.baseDataOffset) !== 0 || (tfhd.flags & TFHD.baseIsMoof) === 0) {
    throw new Error('offsets of the fragment are not from its moof');
  }
  tfhd.nextIf(TFHD.description, 0);
  const defaults = {
    duration: tfhd.nextIf(TFHD.duration, Number.NaN),
    size: tfhd.nextIf(TFHD.size, Number.NaN),
    flags: tfhd.nextIf(TFHD.flags, 0),
  };
  const tfdt = new Fields(only(traf, 'tfdt'));
  const base = tfdt.next(tfdt.version === 1 ? 8 : 4);
  const trun = new Fields(only(traf, 'trun'));
  const count = trun.next();
  let at = moof.start + trun.nextIf(TRUN.dataOffset, 0, true);
  const firstFlags = trun.nextIf(TRUN.firstFlags, defaults.flags);
  let decodeTicks = base;
  const samples = Array.from({ length: count }, (_, index) => {
    const durationTicks = trun.nextIf(TRUN.duration, defaults.duration);
    const size = trun.nextIf(TRUN.size, defaults.size);
    const flags = trun.nextIf(TRUN.flags, index === 0 ? firstFlags : defaults.flags);
    const offset = trun.nextIf(TRUN.composition, 0, trun.version === 1);
    const data = segment.subarray(at, at + size);
    const sample = { decodeTicks, presentationTicks: decodeTicks + offset, durationTicks, data };
    at += size;
    decodeTicks += durationTicks;
    return { ...sample, isSync: (flags & IS_NON_SYNC) === 0 };
  });
  if (at !== segment.length || samples[0]?.data.byteOffset !== mdat.content.byteOffset) {
    throw new Error(`the samples are not exactly what mdat holds: they end at ${at} of ${segment.length}`);
  }
  return samples;
}
