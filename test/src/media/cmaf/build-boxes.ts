/** Writes boxes for tests: sizes are computed, contents are given as bytes. */

export const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
export const u32 = (value: number): number[] => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
export const u64 = (value: number): number[] => [...u32(Math.floor(value / 2 ** 32)), ...u32(value % 2 ** 32)];
const text = (value: string): number[] => Array.from(value, (character) => character.charCodeAt(0));
export const zeros = (count: number): number[] => new Array<number>(count).fill(0);

export function box(type: string, ...contents: number[][]): number[] {
  const content = contents.flat();
  return [...u32(8 + content.length), ...text(type), ...content];
}

export const fullBox = (type: string, version: number, flags: number, ...contents: number[][]): number[] =>
  box(type, u32(version * 2 ** 24 + flags), ...contents);

/** `configuration`: profile, constraints and level. */
export const avc1 = (configuration = [0x64, 0x00, 0x1e]): number[] =>
  box('avc1', zeros(24), u16(640), u16(360), zeros(50), box('avcC', [1, ...configuration, 0xff, 0xe1]));

export const esds = (objectTypeIndication: number, specific: number[]): number[] => {
  const info = [5, specific.length, ...specific];
  const config = [4, 13 + info.length, objectTypeIndication, ...zeros(12), ...info];
  return fullBox('esds', 0, 0, [3, 3 + config.length, 0, 1, 0, ...config]);
};

const soundEntry = (type: string, channels: number, configuration: number[]): number[] =>
  box(type, zeros(6), u16(1), zeros(8), u16(channels), u16(16), zeros(4), u32(48_000 * 65_536), configuration);

export const mp4a = (esdsBox: number[], channels = 2): number[] => soundEntry('mp4a', channels, esdsBox);

/** 5.1 at 48 kHz. The field for channels says 2 for any layout. */
export const ac3 = (): number[] =>
  soundEntry('ac-3', 2, box('dac3', u32((8 << 25) | (7 << 19) | (1 << 18)).slice(0, 3)));
export const eac3 = (): number[] =>
  soundEntry('ec-3', 2, box('dec3', u16(0), u32((16 << 25) | (7 << 17) | (1 << 16)).slice(0, 3), [0]));

type InitOptions = {
  entry?: number[];
  timescale?: number;
  movieTimescale?: number;
  mehd?: number[];
  edts?: boolean;
  time?: number;
};

export function initSegment(options: InitOptions = {}): Uint8Array {
  const {
    entry = avc1(),
    timescale = 24_000,
    movieTimescale = timescale,
    mehd = fullBox('mehd', 0, 0, u32(96_000)),
    edts = false,
    time = 7,
  } = options;
  const stbl = box('stbl', fullBox('stsd', 0, 0, u32(1), entry));
  const mdia = box('mdia', fullBox('mdhd', 0, 0, u32(time), u32(time), u32(timescale), zeros(8)), box('minf', stbl));
  const trak = box(
    'trak',
    fullBox('tkhd', 0, 7, u32(time), u32(time), zeros(72)),
    ...(edts ? [box('edts')] : []),
    mdia,
  );
  const mvhd = fullBox('mvhd', 0, 0, u32(time), u32(time), u32(movieTimescale), zeros(84));
  const mvex = box('mvex', mehd, fullBox('trex', 0, 0, u32(1), u32(1), u32(1000), u32(0), u32(0)));
  return Uint8Array.from([...box('ftyp', text('mp41')), ...box('moov', mvhd, trak, mvex)]);
}

type Sample = { size: number; flags?: number; offset?: number };

type SegmentOptions = {
  samples?: Sample[];
  baseDecodeTime?: number;
  version?: number;
  /** trun field flags besides data-offset and size. */
  withFlags?: boolean;
  withOffsets?: boolean;
  tfhd?: number[];
  dataShift?: number;
  extraTraf?: boolean;
  sequenceNumber?: number;
  /** The major brand, and those that are compatible. */
  brands?: readonly string[];
};

/** A segment of styp, moof, mdat, in which each sample lasts 1,000 ticks. */
export function mediaSegment(options: SegmentOptions = {}): Uint8Array {
  const {
    samples = [{ size: 10 }, { size: 5, flags: 0x10000 }],
    baseDecodeTime = 0,
    version = 1,
    withFlags = true,
    withOffsets = true,
    sequenceNumber = 1,
    brands = ['msdh', 'msdh', 'cmfs'],
  } = options;
  const tfhd = options.tfhd ?? fullBox('tfhd', 0, 0x02000a, u32(1), u32(1), u32(1000));
  const flags = 0x201 + (withFlags ? 0x400 : 0) + (withOffsets ? 0x800 : 0);
  const entries = samples.flatMap((sample) => [
    ...u32(sample.size),
    ...(withFlags ? u32(sample.flags ?? 0) : []),
    ...(withOffsets ? u32(sample.offset ?? 0) : []),
  ]);
  const tfdt = fullBox('tfdt', 1, 0, u64(baseDecodeTime));
  const moofOf = (dataOffset: number): number[] => {
    const trun = fullBox('trun', version, flags, u32(samples.length), u32(dataOffset), entries);
    const traf = box('traf', tfhd, tfdt, trun);
    return box('moof', fullBox('mfhd', 0, 0, u32(sequenceNumber)), traf, ...(options.extraTraf === true ? [traf] : []));
  };
  const moof = moofOf(moofOf(0).length + 8 + (options.dataShift ?? 0));
  const mdat = box('mdat', zeros(samples.reduce((sum, { size }) => sum + size, 0)));
  const [major = 'msdh', ...compatible] = brands;
  const styp = box('styp', text(major), u32(0), ...compatible.map(text));
  return Uint8Array.from([...styp, ...moof, ...mdat]);
}
