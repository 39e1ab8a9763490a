/**
 * Writes Matroska with uncompressed grey frames at arbitrary times, to give ffmpeg frames at a variable rate. ffmpeg's
 * raw formats support only constant rates. Pure.
 */

/** Nanoseconds per tick: a tick is a microsecond. */
const TIMESTAMP_SCALE = 1000;

/** An element as in RFC 8794. The size always has eight bytes. */
function element(id: number, body: Uint8Array): Buffer {
  const idBytes = Buffer.from(id.toString(16).padStart(id > 0xff ? 4 : 2, '0'), 'hex');
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(body.byteLength));
  return Buffer.concat([idBytes, size, body]);
}

const group = (id: number, ...children: Buffer[]): Buffer => element(id, Buffer.concat(children));
const text = (id: number, value: string): Buffer => element(id, Buffer.from(value, 'latin1'));
function unsigned(id: number, value: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigUInt64BE(BigInt(value));
  return element(id, body);
}

/** `times` are in seconds and ascending. Every picture has `side` × `side` samples. */
export function timedFrames(pictures: readonly Uint8Array[], times: readonly number[], side: number): Buffer {
  const header = group(0x1a45dfa3, text(0x4282, 'matroska'), unsigned(0x4287, 4), unsigned(0x4285, 2));
  const video = group(0xe0, unsigned(0xb0, side), unsigned(0xba, side), text(0x2eb524, 'Y800'));
  const track = group(
    0xae,
    ...[unsigned(0xd7, 1), unsigned(0x73c5, 1), unsigned(0x83, 1), unsigned(0x9c, 0)],
    ...[text(0x86, 'V_UNCOMPRESSED'), video],
  );
  const clusters = pictures.map((picture, index) => {
    const ticks = Math.round(((times[index] ?? 0) * 1e9) / TIMESTAMP_SCALE);
    // Track 1, at the time of the cluster, a key frame.
    const block = element(0xa3, Buffer.concat([Buffer.from([0x81, 0, 0, 0x80]), picture]));
    return group(0x1f43b675, unsigned(0xe7, ticks), block);
  });
  const info = group(0x1549a966, unsigned(0x2ad7b1, TIMESTAMP_SCALE), text(0x4d80, 'bench'), text(0x5741, 'bench'));
  return Buffer.concat([header, group(0x18538067, info, group(0x1654ae6b, track), ...clusters)]);
}
