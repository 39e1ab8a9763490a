/**
 * The beginning of a key sample: does it have the parameter sets of the configuration alone, and is it an IDR picture
 * (ISO/IEC 14496-10 7.4.1, 14496-15 5.3)? Pure.
 */
import { toBase64 } from '../../platform/encodings.ts';
import { MAX_CONFIGURATION_BYTES, readAvcConfiguration } from './avc-configuration.ts';
import type { NotStandardCode } from './not-standard.ts';
import type { KeySampleRule } from './standard-source.ts';

/** Enough of a sample: delimiter, parameter sets and messages (x264's options, captions) are a few hundred bytes. */
export const KEY_SAMPLE_BYTES = 16 * 1024;

/** Table 7-1: slices and partitions of pictures that are no IDR pictures. */
const FIRST_OTHER_SLICE = 1;
const LAST_OTHER_SLICE = 4;
const IDR_SLICE = 5;
const SPS = 7;
const PPS = 8;

/** Throws NotStandard. */
export function keySampleRule(configuration: Uint8Array): KeySampleRule {
  const { lengthBytes, sequenceSets, pictureSets } = readAvcConfiguration(configuration);
  return { lengthBytes, parameterSets: [...sequenceSets, ...pictureSets].map(toBase64) };
}

function readLength(bytes: Uint8Array, offset: number, lengthBytes: number): number {
  let length = 0;
  for (let index = 0; index < lengthBytes; index++) {
    length = length * 256 + (bytes[offset + index] ?? 0);
  }
  return length;
}

/** `null`: nothing is wrong with it. A parameter set that is cut off cannot be compared, and counts as another one. */
function checkUnit(type: number, unit: Uint8Array, { parameterSets }: KeySampleRule): NotStandardCode | null {
  if (type >= FIRST_OTHER_SLICE && type <= LAST_OTHER_SLICE) {
    return 'open_gop';
  }
  if (type !== SPS && type !== PPS) {
    return null;
  }
  const isKnown = unit.byteLength <= MAX_CONFIGURATION_BYTES && parameterSets.includes(toBase64(unit));
  return isKnown ? null : 'parameter_sets';
}

/**
 * Null where the sample may begin a segment. `start`: the whole sample, or its first KEY_SAMPLE_BYTES at least. Where the
 * picture begins behind them, nothing before it may be wrong.
 */
export function checkKeySample(rule: KeySampleRule, start: Uint8Array): NotStandardCode | null {
  const { lengthBytes } = rule;
  let offset = 0;
  while (offset + lengthBytes < start.byteLength) {
    const unitStart = offset + lengthBytes;
    const unitBytes = readLength(start, offset, lengthBytes);
    const header = start[unitStart] ?? 0;
    // forbidden_zero_bit.
    if (unitBytes === 0 || header >= 0x80) {
      return 'index_damaged';
    }
    offset = unitStart + unitBytes;
    if (offset > start.byteLength && start.byteLength < KEY_SAMPLE_BYTES) {
      return 'index_damaged';
    }
    const type = header & 0x1f;
    if (type === IDR_SLICE) {
      return null;
    }
    const problem = checkUnit(type, start.subarray(unitStart, offset), rule);
    if (problem !== null) {
      return problem;
    }
  }
  return start.byteLength >= KEY_SAMPLE_BYTES ? null : 'index_damaged';
}
