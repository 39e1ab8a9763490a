/** Reads the times of a segment's samples by ISO/IEC 14496-12 8.8: ffmpeg shifts those of tracks with signed offsets. */
import { type Box, BoxReader, requireBox } from '../../../src/media/boxes/boxes.ts';
import { findFragment } from '../../../src/media/cmaf/media-segment.ts';

export type SampleTime = { decode: number; presentation: number; isSync: boolean };

function defaultsOf(reader: BoxReader, tfhd: Box): { duration: number; flags: number } {
  const { flags, fields } = reader.fullBox(tfhd);
  const hasDuration = (flags & 8) !== 0;
  return {
    duration: hasDuration ? reader.view.getUint32(fields + 4) : 0,
    flags: reader.view.getUint32(fields + (hasDuration ? 8 : 4)),
  };
}

export function sampleTimes(bytes: Uint8Array): SampleTime[] {
  const reader = new BoxReader(bytes);
  const [traf] = findFragment(reader).trafs;
  const boxes = traf === undefined ? [] : reader.children(traf);
  const defaults = defaultsOf(reader, requireBox(boxes, 'tfhd'));
  const { flags, fields } = reader.fullBox(requireBox(boxes, 'trun'));
  let at = fields + 4;
  const field = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) {
      return otherwise;
    }
    at += 4;
    return reader.view.getUint32(at - 4);
  };
  field(0x1, 0);
  const firstFlags = field(0x4, -1);
  let decode = reader.time(requireBox(boxes, 'tfdt'));
  return Array.from({ length: reader.view.getUint32(fields) }, (_, index) => {
    const start = decode;
    decode += field(0x100, defaults.duration);
    field(0x200, 0);
    const sampleFlags = field(0x400, index === 0 && firstFlags !== -1 ? firstFlags : defaults.flags);
    const offset = field(0x800, 0) | 0;
    return { decode: start, presentation: start + offset, isSync: (sampleFlags & 0x1_0000) === 0 };
  });
}
