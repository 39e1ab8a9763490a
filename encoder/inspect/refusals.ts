/** Sources that can never work, told by name. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { MAX_DIMENSION, MAX_DURATION_SECONDS } from '../../src/media/limits.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { RawStream } from './probe-schema.ts';

export const encrypted = (): TaskFailure =>
  new TaskFailure('source_encrypted', 'The source is encrypted. Bring the film without copy protection');

export const scrambled = (): TaskFailure =>
  new TaskFailure('source_encrypted', 'The recording is scrambled. Bring it descrambled');

/** The program's own words are for the detail. */
export function notMedia(error: unknown): unknown {
  return error instanceof TaskFailure && error.code === 'source_not_media'
    ? new TaskFailure('source_not_media', 'The file is not of a kind that can be read', {
        detail: error.detail,
        cause: error,
      })
    : error;
}

/** ISO/IEC 14496-12 8.12 and iTunes: sample entries of protected tracks; ffmpeg shows the original entry of most. */
export const PROTECTED_ENTRIES: readonly string[] = ['encv', 'enca', 'drmi', 'drms', 'drmt', 'drmp'];
/** MPEG-2 Stream Encryption Format for HLS, 2.1: H.264, AC-3, E-AC-3 and AAC with encrypted samples. */
const SAMPLE_AES_TYPES: readonly string[] = ['[219][0][0][0]', '[193][0][0][0]', '[194][0][0][0]', '[207][0][0][0]'];

/** Whether the header says so. */
export function isEncrypted(container: string, { codec_tag_string: tag = '', tags }: RawStream): boolean {
  // Matroska: the key of a ContentEncryption element.
  const hasKey = tags?.enc_key_id !== undefined;
  return hasKey || PROTECTED_ENTRIES.includes(tag) || (container === 'mpegts' && SAMPLE_AES_TYPES.includes(tag));
}

/** Throws TaskFailure `source_encrypted`. */
export function refuseEncrypted(container: string, stream: RawStream | undefined): void {
  if (stream !== undefined && isEncrypted(container, stream)) {
    throw encrypted();
  }
}

const TS_PACKET_BYTES = 188;
const TS_SYNC = 0x47;
/** ISO/IEC 13818-1 2.4.3.3, transport_scrambling_control: 2 and 3 are encrypted with an even or odd key. */
const SCRAMBLED = 0x80;
/** A recording shows within a few hundred packets whether its pictures are scrambled. */
const TS_PACKETS_READ = 5_000;

/** Whether most of the packets of a transport stream are scrambled. */
export async function isScrambled(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(TS_PACKET_BYTES * TS_PACKETS_READ);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    let [packets, scrambled] = [0, 0];
    for (let at = 0; at + TS_PACKET_BYTES <= bytesRead; at += TS_PACKET_BYTES) {
      packets += bytes[at] === TS_SYNC ? 1 : 0;
      scrambled += bytes[at] === TS_SYNC && ((bytes[at + 3] ?? 0) & SCRAMBLED) !== 0 ? 1 : 0;
    }
    return scrambled * 2 > packets;
  } finally {
    await file.close();
  }
}

/** What ffprobe prints where its build lacks a decoder, or the decoder refuses the stream's kind. */
const NO_DECODER =
  /Decoder \(codec \w+\) not found|Unsupported codec with id|No decoder could be found|not implemented|not supported/i;

/** No picture could be decoded: why. */
export function undecodable(stream: RawStream, printed: string): TaskFailure {
  const codec = stream.codec_name ?? stream.codec_tag_string ?? 'unknown';
  return NO_DECODER.test(printed)
    ? new TaskFailure('source_unsupported', `The picture's codec, ${codec}, cannot be decoded here`, {
        detail: printed,
      })
    : new TaskFailure('decode_failed', `No picture of the source could be decoded (${codec})`, { detail: printed });
}

/** By the member of the facts that is too large. */
const LIMITS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['codedWidth', 'codedHeight', 'displayWidth', 'displayHeight'].map((side) => [
      side,
      `The picture has more than ${MAX_DIMENSION} pixels on a side`,
    ]),
  ),
  ...Object.fromEntries(
    ['durationSeconds', 'leadSeconds', 'tailSeconds'].map((length) => [
      length,
      `The film is longer than ${MAX_DURATION_SECONDS / 3600} hours`,
    ]),
  ),
};

/** The facts do not fit the protocol. */
export function outsideLimits(error: z.ZodError): TaskFailure {
  const members = error.issues.map(({ path }) => String(path.at(-1)));
  const known = members.map((member) => LIMITS[member]).find((sentence) => sentence !== undefined);
  const message = known ?? `The source has values that cannot be encoded: ${[...new Set(members)].join(', ')}`;
  return new TaskFailure('source_unsupported', message.slice(0, 1000), { detail: z.prettifyError(error) });
}
