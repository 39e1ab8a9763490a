/** Small texts, renamed to look like films, that tell ffmpeg to read something else: a local file, an internal address. */
import { readFile, writeFile } from 'node:fs/promises';
import type { TaskErrorCode } from '../../../../src/protocol/tasks.ts';
import { ffmpeg, words } from '../../../system/ffmpeg.ts';
import type { Canary, Trip } from './canary.ts';

type HostileScript = {
  /** The ending under which ffmpeg takes it for what it is: for the control. */
  ending: string;
  /** What an unguarded ffprobe touches. */
  trips: Trip;
  /** Options without which even that ffprobe would not. */
  unguarded?: string[];
  code: TaskErrorCode;
  make: (path: string, canary: Canary) => Promise<unknown>;
};

const mediaPlaylist = (uri: string): string =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${uri}\n#EXT-X-ENDLIST\n`;

const manifest = (baseUrl: string): string => `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" minBufferTime="PT2S"
  profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">
 <Period><AdaptationSet mimeType="video/mp4" contentType="video"><Representation id="1" bandwidth="1000" codecs="avc1.64001f">
  <BaseURL>${baseUrl}</BaseURL><SegmentList duration="2"><SegmentURL media="canary.ts"/></SegmentList>
 </Representation></AdaptationSet></Period>
</MPD>
`;

/**
 * A film whose samples lie in another file: ffmpeg's name for it is a Macintosh alias record in the `dref` box, item type 2
 * (absolute path). Made by swapping the data reference of an ordinary film and correcting the sizes of all boxes around it.
 */
async function makeExternalReference(path: string, target: string): Promise<void> {
  await ffmpeg(...words('-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p'), path);
  const film = await readFile(path);
  const name = Buffer.from(target.length % 2 === 0 ? target : `${target}\0`);
  const alias = Buffer.alloc(12 + 150 + 4 + name.length + 4);
  alias.writeUInt32BE(alias.length, 0);
  alias.write('alis', 4);
  alias.writeInt16BE(2, 12 + 150);
  alias.writeUInt16BE(name.length, 12 + 152);
  name.copy(alias, 12 + 154);
  alias.writeInt16BE(-1, 12 + 154 + name.length);
  const entryAt = film.indexOf('dref') + 12;
  const oldSize = film.readUInt32BE(entryAt);
  for (const box of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    const sizeAt = film.indexOf(box) - 4;
    film.writeUInt32BE(film.readUInt32BE(sizeAt) + alias.length - oldSize, sizeAt);
  }
  await writeFile(path, Buffer.concat([film.subarray(0, entryAt), alias, film.subarray(entryAt + oldSize)]));
}

export const HOSTILE_SCRIPTS = {
  'hls-of-a-file': {
    ending: 'm3u8',
    trips: 'file',
    code: 'source_not_media',
    make: (path, canary) => writeFile(path, mediaPlaylist(`file://${canary.path}`)),
  },
  'hls-of-an-address': {
    ending: 'm3u8',
    trips: 'connection',
    code: 'source_not_media',
    make: (path, canary) => writeFile(path, mediaPlaylist(canary.url)),
  },
  'concat-of-a-file': {
    ending: 'ffconcat',
    trips: 'file',
    unguarded: ['-safe', '0'],
    code: 'source_not_media',
    make: (path, canary) => writeFile(path, `ffconcat version 1.0\nfile '${canary.path}'\n`),
  },
  'concat-of-an-address': {
    ending: 'ffconcat',
    trips: 'connection',
    unguarded: ['-safe', '0'],
    code: 'source_not_media',
    make: (path, canary) => writeFile(path, `ffconcat version 1.0\nfile '${canary.url}'\n`),
  },
  'dash-of-an-address': {
    ending: 'mpd',
    trips: 'connection',
    code: 'source_not_media',
    make: (path, canary) => writeFile(path, manifest(canary.url)),
  },
  'sdp-of-a-port': {
    ending: 'sdp',
    trips: 'udp',
    code: 'source_not_media',
    make: (path, canary) =>
      writeFile(
        path,
        `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video ${canary.port} RTP/AVP 33\r\n`,
      ),
  },
  'film-in-another-file': {
    ending: 'mov',
    trips: 'file',
    unguarded: ['-enable_drefs', '1', '-use_absolute_path', '1'],
    code: 'source_truncated',
    make: (path, canary) => makeExternalReference(path, canary.path),
  },
} as const satisfies Record<string, HostileScript>;
