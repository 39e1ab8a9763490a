/** Real files as sources: ffprobe lists the samples, so that these tests do not depend on our reader of `moov`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Box, BoxReader, findBox, requireBox } from '../../../src/media/boxes/boxes.ts';
import { AVC } from '../../../src/media/codecs/avc.ts';
import type { SourceVideo, StandardSource } from '../../../src/media/source/standard-source.ts';
import { toHex } from '../../../src/platform/encodings.ts';
import { audioOf, cursorOf, type Sample, sourceOf, videoOf } from '../../src/media/source/array-source.ts';

export const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });

type ProbedPacket = { pts: number; dts: number; duration: number; size: number; pos: number; flags: string };

/** In decode order, with the times of the media timeline. */
export function packetsOf(path: string, stream: 'v' | 'a'): ProbedPacket[] {
  const entries = ['-select_streams', `${stream}:0`, '-show_entries', 'packet=pts,dts,duration,size,pos,flags'];
  const json = run('ffprobe', '-v', 'error', '-ignore_editlist', '1', ...entries, '-of', 'json', path);
  const { packets } = JSON.parse(json) as { packets: Record<string, string | number>[] };
  const numbers = (packet: Record<string, string | number>, name: string): number => Number(packet[name] ?? 0);
  return packets.map((packet) => ({
    pts: numbers(packet, 'pts'),
    dts: numbers(packet, 'dts'),
    duration: numbers(packet, 'duration'),
    size: numbers(packet, 'size'),
    pos: numbers(packet, 'pos'),
    flags: String(packet['flags']),
  }));
}

const samplesOf = (packets: readonly ProbedPacket[]): Sample[] =>
  packets.map(({ pts, dts, duration, size, pos, flags }, index) => ({
    offset: pos,
    sizeBytes: size,
    durationTicks: (packets[index + 1]?.dts ?? dts + duration) - dts,
    compositionOffsetTicks: pts - dts,
    isSync: flags.includes('K'),
  }));

type Track = { handler: string; timescale: number; startTicks: number; trak: Box };

/** The edits that ffmpeg writes: nothing for a while, then the track from a media time on. */
function startTicksOf(reader: BoxReader, trak: Box, timescale: number, movieTimescale: number): number {
  const edts = findBox(reader.children(trak), 'edts');
  if (edts === undefined) {
    return 0;
  }
  const { fields } = reader.fullBox(requireBox(reader.children(edts), 'elst'));
  let startTicks = 0;
  for (let index = 0; index < reader.view.getUint32(fields); index += 1) {
    const duration = reader.view.getUint32(fields + 4 + 12 * index);
    const mediaTime = reader.view.getInt32(fields + 8 + 12 * index);
    startTicks += mediaTime === -1 ? -Math.round((duration * timescale) / movieTimescale) : mediaTime;
  }
  return startTicks;
}

function tracksOf(reader: BoxReader): Track[] {
  const moov = reader.children(requireBox(reader.boxes(), 'moov'));
  const timescaleOf = (box: Box): number => reader.view.getUint32(reader.fullBox(box).fields + 8);
  const movieTimescale = timescaleOf(requireBox(moov, 'mvhd'));
  return moov
    .filter(({ type }) => type === 'trak')
    .map((trak) => {
      const mdia = reader.children(requireBox(reader.children(trak), 'mdia'));
      const timescale = timescaleOf(requireBox(mdia, 'mdhd'));
      const handler = reader.fourCharacters(reader.fullBox(requireBox(mdia, 'hdlr')).fields + 4);
      return { handler, timescale, trak, startTicks: startTicksOf(reader, trak, timescale, movieTimescale) };
    });
}

/** A box anywhere below: `esds` of a MOV is three boxes deep. */
function boxWithin(reader: BoxReader, { start, end }: Box, type: string): Uint8Array {
  const at = Buffer.from(reader.bytes.subarray(start, end)).indexOf(type) - 4 + start;
  return reader.bytes.slice(at, at + reader.view.getUint32(at));
}

export function probedSource(path: string, facts: Partial<SourceVideo> = {}): StandardSource {
  const bytes = new Uint8Array(readFileSync(path));
  const reader = new BoxReader(bytes);
  const tracks = tracksOf(reader);
  const [picture, sound] = ['vide', 'soun'].map((handler) => tracks.find((track) => track.handler === handler));
  if (picture === undefined) {
    throw new TypeError('no picture');
  }
  const avcC = boxWithin(reader, picture.trak, 'avcC').subarray(8);
  const entry = AVC.readEntry(new BoxReader(boxWithin(reader, picture.trak, 'avc1')), {
    ...{ type: 'avc1', start: 0, contentStart: 8, end: boxWithin(reader, picture.trak, 'avc1').byteLength },
  });
  const { timescale, startTicks } = picture;
  const packets = packetsOf(path, 'v');
  const frames = samplesOf(packets);
  const video = videoOf(frames, {
    // ffprobe moves decode times, not presentation times, where composition offsets are negative.
    samples: () => cursorOf(frames, packets[0]?.dts),
    ...{ timescale, startTicks, configuration: avcC, codec: `avc1.${toHex(avcC.subarray(1, 4))}` },
    ...{ codedWidth: entry.width, codedHeight: entry.height, width: entry.width, height: entry.height },
    ...facts,
  });
  const audio =
    sound &&
    audioOf(samplesOf(packetsOf(path, 'a')), {
      ...{ timescale: sound.timescale, startTicks: sound.startTicks, sampleRate: sound.timescale, channels: 1 },
      configuration: boxWithin(reader, sound.trak, 'esds'),
    });
  return { ...sourceOf(video, audio ?? null), sizeBytes: bytes.byteLength };
}
