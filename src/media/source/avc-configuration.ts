/** An avcC box (ISO/IEC 14496-15 5.3.3.1): the parameter sets of all pictures. Pure. */
import { toHex } from '../../platform/encodings.ts';
import { damaged } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';
import { readSequenceParameterSet, requireOneSliceGroup, type SequenceParameterSet } from './sequence-parameter-set.ts';

/** Encoders write about 50 bytes. In base64 it fits into an object's metadata (source-index.ts). */
export const MAX_CONFIGURATION_BYTES = 1024;
const SPS = 7;
const PPS = 8;

export type AvcConfiguration = {
  /** Bytes of a NAL unit's length field. */
  lengthBytes: number;
  /** NAL units with their headers, one at least. */
  sequenceSets: Uint8Array[];
  pictureSets: Uint8Array[];
};

/** `count` units of `type`, each behind its 16-bit length. */
function readUnits(
  bytes: Uint8Array,
  start: number,
  count: number,
  type: number,
): { units: Uint8Array[]; end: number } {
  const units: Uint8Array[] = [];
  let offset = start;
  for (let index = 0; index < count; index++) {
    const length = (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);
    const unit = bytes.subarray(offset + 2, offset + 2 + length);
    if (unit.byteLength !== length || ((unit[0] ?? 0) & 0x9f) !== type) {
      throw damaged(`avcC has no parameter set of type ${type} at ${offset}`);
    }
    units.push(unit);
    offset += 2 + length;
  }
  return { units, end: offset };
}

/** `payload` of the box. Throws NotStandard. */
export function readAvcConfiguration(payload: Uint8Array): AvcConfiguration {
  if (payload.byteLength > MAX_CONFIGURATION_BYTES) {
    throw new NotStandard('parameter_sets', `avcC of ${payload.byteLength} bytes`);
  }
  const lengthBytes = ((payload[4] ?? 0) & 3) + 1;
  if (payload[0] !== 1 || lengthBytes === 3) {
    throw damaged(`avcC version ${payload[0]}, lengths of ${lengthBytes} bytes`);
  }
  const sequence = readUnits(payload, 6, (payload[5] ?? 0) & 0x1f, SPS);
  const picture = readUnits(payload, sequence.end + 1, payload[sequence.end] ?? 0, PPS);
  if (sequence.units.length === 0 || picture.units.length === 0) {
    throw new NotStandard('parameter_sets', 'the index has none');
  }
  return { lengthBytes, sequenceSets: sequence.units, pictureSets: picture.units };
}

/** The picture of all parameter sets. Throws NotStandard where players do not show it, or where they differ. */
export function readPicture(payload: Uint8Array): SequenceParameterSet & { codec: string } {
  const { sequenceSets, pictureSets } = readAvcConfiguration(payload);
  const [first, ...others] = sequenceSets.map(readSequenceParameterSet);
  if (first === undefined || others.some(({ width, height }) => width !== first.width || height !== first.height)) {
    throw new NotStandard('parameter_sets', 'pictures of several sizes');
  }
  for (const unit of pictureSets) {
    requireOneSliceGroup(unit);
  }
  return { ...first, codec: `avc1.${toHex(first.profile)}` };
}
