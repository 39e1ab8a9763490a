/** Languages where ffmpeg does not look for them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeSource } from '../../../bench/frames/inspect-local.ts';
import { matroskaLanguages } from '../../../encoder/inspect/matroska-languages.ts';
import { movieLanguages } from '../../../encoder/inspect/movie-boxes.ts';
import { ffmpeg, withTempDirectory } from '../media/media-fixtures.ts';

const FILM = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=24:d=0.5', '-f', 'lavfi', '-i', 'anoisesrc=d=0.5'];
const MAPS = ['-map', '0:v', '-map', '1:a', '-map', '1:a', '-c:v', 'libx264', '-preset', 'ultrafast'];

async function patch(path: string, from: Buffer, to: Buffer): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.lastIndexOf(from);
  expect(at).toBeGreaterThan(0);
  expect(to.length).toBe(from.length);
  to.copy(bytes, at);
  await writeFile(path, bytes);
}

const element = (id: string, text: string): Buffer =>
  Buffer.concat([Buffer.from(id, 'hex'), Buffer.from([0x80 + text.length]), Buffer.from(text)]);

test('Matroska has both forms, and BCP 47 counts', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'film.mkv');
    const tags = ['-metadata:s:a', 'language=por', '-metadata:s:a:1', 'title=XXXXXX'];
    ffmpeg(...FILM, ...MAPS, ...tags, path);
    await patch(path, element('536e', 'XXXXXX'), element('22b59d', 'pt-BR'));
    expect(await matroskaLanguages(path)).toEqual(new Map([[2, 'pt-BR']]));
    const { audio } = await probeSource(path);
    expect(audio.map(({ language }) => language)).toEqual(['pt', 'pt-BR']);
  }));

test('MP4 has an extended tag beside the three letters', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'film.mp4');
    ffmpeg(...FILM, ...MAPS, '-metadata:s:a', 'language=por', path);
    // Of the last track's handler, a box of its own kind: the name is of no use.
    const bytes = await readFile(path);
    const at = bytes.lastIndexOf('hdlr', undefined, 'latin1') - 4;
    const media = bytes.lastIndexOf('mdia', undefined, 'latin1') - 4;
    const box = Buffer.concat([Buffer.from([0, 0, 0, 18]), Buffer.from('elng\0\0\0\0pt-BR\0')]);
    expect(at).toBeGreaterThan(media);
    const larger = Buffer.concat([bytes.subarray(0, media + 8), box, bytes.subarray(media + 8)]);
    for (const type of ['moov', 'trak', 'mdia']) {
      const head = larger.lastIndexOf(type, undefined, 'latin1') - 4;
      larger.writeUInt32BE(larger.readUInt32BE(head) + box.length, head);
    }
    await writeFile(path, larger);
    expect(await movieLanguages(path)).toEqual(new Map([[2, 'pt-BR']]));
    const { audio } = await probeSource(path);
    expect(audio.map(({ language }) => language)).toEqual(['pt', 'pt-BR']);
  }));

test('other files have none', () =>
  withTempDirectory(async (directory) => {
    const path = join(directory, 'source');
    const cut = Buffer.from('1a45dfa3801853806701ffffffffffffff1654ae6b', 'hex');
    const endless = Buffer.from('1a45dfa38018538067ff1654ae6bffae8422b59dff', 'hex');
    for (const content of [Buffer.alloc(0), Buffer.alloc(5000), Buffer.from('text'), cut, endless]) {
      await writeFile(path, content);
      expect(await matroskaLanguages(path)).toEqual(new Map());
      expect(await movieLanguages(path)).toEqual(new Map());
    }
  }));
