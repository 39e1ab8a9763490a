/** `/v/{link}/download/{file}`: whole files of segments that publishing has kept sample tables of, and of sources. */
import { beforeAll, describe, expect, test } from 'vitest';
import { partsOf } from '../../../../src/control/encoding/publish/assemble.ts';
import { keepSamples } from '../../../../src/control/encoding/publish/keep-samples.ts';
import type { DeliveryEnv } from '../../../../src/delivery/delivery-env.ts';
import { BoxReader, requireBox } from '../../../../src/media/boxes/boxes.ts';
import { headersKey, presentationKey, samplesKey, segmentKey, sourceIndexKey } from '../../../../src/media/keys.ts';
import { indexMetadata } from '../../../../src/media/made/source-index.ts';
import { type Presentation, presentationSchema, segmentsOf } from '../../../../src/media/presentation.ts';
import { upload } from '../../control/encoding/fake-encoder.ts';
import { encodeAll, REF, trackOf, type WholeEncode } from '../../control/encoding/fixture.ts';
import { audioTrack, presentationOf, videoTrack } from '../../media/manifest/fixture.ts';
import { fetchPath, link, newEnv, putCurrent, refusalOf } from '../fixture.ts';

let delivery: DeliveryEnv;
let whole: WholeEncode;

async function putFilm(): Promise<Presentation> {
  const { presentation, reports, objects } = whole;
  await upload(delivery.MEDIA, objects);
  await delivery.MEDIA.put(presentationKey(presentation, 1), JSON.stringify(presentation));
  await putCurrent(delivery, REF.assetId);
  for (const track of presentation.tracks) {
    expect(await keepSamples(delivery.MEDIA, REF, track, partsOf(reports, track.id))).toBe('kept');
  }
  return presentation;
}

beforeAll(async () => {
  delivery = newEnv();
  whole = await encodeAll(undefined, ['1', '2', '1']);
  await putFilm();
});

const downloadLink = (assetId = REF.assetId, options: object = {}) => link(assetId, { downloads: true, ...options });

async function ask(file: string, headers: Record<string, string> = {}, method = 'GET', assetId = REF.assetId) {
  const response = await fetchPath(delivery, `/v/${await downloadLink(assetId)}/download/${file}`, { method, headers });
  return response;
}
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

const numberAt = (bytes: Uint8Array, offset: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset);

/** The boxes of a path, of all siblings of the last name. */
function boxesAt(bytes: Uint8Array, path: string) {
  const reader = new BoxReader(bytes);
  const names = path.split('/');
  const last = names.pop();
  let level = [{ type: '', start: 0, contentStart: 0, end: bytes.byteLength }];
  for (const name of names) {
    level = level.flatMap((box) => reader.children(box).filter(({ type }) => type === name));
  }
  return level.flatMap((box) => reader.children(box).filter(({ type }) => type === last));
}

describe('a download of a rendition', () => {
  test('is the index, and then all segments of picture and sound in turns, unchanged', async () => {
    const response = await ask('480.mp4');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-disposition': 'attachment; filename="film-480.mp4"',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=0, must-revalidate',
    });
    const bytes = await bytesOf(response);
    expect(response.headers.get('content-length')).toBe(String(bytes.byteLength));
    const top = new BoxReader(bytes).boxes();
    expect(top.map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
    expect(boxesAt(bytes, 'moov/trak')).toHaveLength(2);

    const [video, audio] = ['v480', 'a128-eng'].map((id) => trackOf(whole.presentation, id));
    const placed = [video, audio].flatMap((track) =>
      track === undefined ? [] : [...segmentsOf(track)].map((segment) => ({ ...segment, track })),
    );
    const inTurns = placed.sort((a, b) => a.startTicks / a.track.timescale - b.startTicks / b.track.timescale);
    const media = inTurns.map(({ track, attempt, number }) =>
      whole.objects.get(segmentKey(REF, track.id, attempt, number)),
    );
    const mdat = requireBox(top, 'mdat');
    expect(
      Buffer.from(bytes.subarray(mdat.contentStart)).equals(
        Buffer.concat(media.map((part) => part ?? new Uint8Array())),
      ),
    ).toBe(true);
  });

  test('has offsets that lead to the first sample of each segment', async () => {
    const bytes = await bytesOf(await ask('480.mp4'));
    const tables = boxesAt(bytes, 'moov/trak/mdia/minf/stbl/stco');
    expect(tables).toHaveLength(2);
    for (const { contentStart } of tables) {
      const count = numberAt(bytes, contentStart + 4);
      expect(count).toBeGreaterThan(2);
      for (let index = 0; index < count; index++) {
        const offset = numberAt(bytes, contentStart + 8 + 4 * index);
        expect(String.fromCharCode(...bytes.subarray(offset - 4, offset))).toBe('mdat');
      }
    }
  });

  test('is the same in pieces, wherever it is cut', async () => {
    const file = await bytesOf(await ask('240.mp4'));
    const size = file.byteLength;
    const borders = new BoxReader(file).boxes().flatMap(({ start, contentStart }) => [start, contentStart]);
    const tables = ['stsd', 'stco'].flatMap((type) => boxesAt(file, `moov/trak/mdia/minf/stbl/${type}`));
    const cuts = [...borders, ...tables.flatMap(({ start, end }) => [start, end]), size - 1, Math.floor(size / 2)];
    for (const cut of cuts) {
      for (const [first, last] of [
        [Math.max(0, cut - 1), cut],
        [cut, Math.min(cut + 2, size - 1)],
        [cut, size - 1],
      ]) {
        const response = await ask('240.mp4', { range: `bytes=${first}-${last}` });
        expect([response.status, response.headers.get('content-range')]).toEqual([
          206,
          `bytes ${first}-${last}/${size}`,
        ]);
        const part = Buffer.from(await bytesOf(response));
        expect(part.equals(file.subarray(first, (last ?? 0) + 1))).toBe(true);
      }
    }
    const suffix = await ask('240.mp4', { range: 'bytes=-7' });
    expect(Buffer.from(await bytesOf(suffix)).equals(file.subarray(size - 7))).toBe(true);
  });

  test('takes HEAD, conditions and If-Range', async () => {
    const head = await ask('480.mp4', {}, 'HEAD');
    const etag = head.headers.get('etag') ?? '';
    const size = Number(head.headers.get('content-length'));
    expect([head.status, (await bytesOf(head)).byteLength]).toEqual([200, 0]);
    expect(etag).toMatch(/^"d1-ver1-v480\.[0-9a-f]{16}-a128-eng\.eng\.[0-9a-f]{16}"$/);
    expect((await ask('480.mp4', { 'if-none-match': etag })).status).toBe(304);
    expect(await refusalOf(await ask('480.mp4', { 'if-match': '"other"' }))).toBe('412 precondition_failed');
    const resumed = await ask('480.mp4', { range: 'bytes=10-', 'if-range': etag });
    expect([resumed.status, (await bytesOf(resumed)).byteLength]).toEqual([206, size - 10]);
    const anew = await ask('480.mp4', { range: 'bytes=10-', 'if-range': '"other"' });
    expect([anew.status, (await bytesOf(anew)).byteLength]).toEqual([200, size]);
    const beyond = await ask('480.mp4', { range: `bytes=${size}-` });
    expect([beyond.headers.get('content-range'), await refusalOf(beyond)]).toEqual([
      `bytes */${size}`,
      '416 range_not_satisfiable',
    ]);
  });

  test('may be of sound alone', async () => {
    const named = await ask('a128-eng.m4a');
    expect(named.headers.get('content-type')).toBe('audio/mp4');
    const bytes = await bytesOf(named);
    expect(boxesAt(bytes, 'moov/trak')).toHaveLength(1);
    const main = await ask('audio.m4a');
    expect(main.headers.get('content-disposition')).toBe('attachment; filename="film-a128-eng.m4a"');
    expect(await bytesOf(main)).toEqual(bytes);
    expect((await bytesOf(await ask('480.mp4?sound=a128-eng'))).byteLength).toBeGreaterThan(bytes.byteLength);
  });

  test.each(['1080.mp4', '480.mp4?sound=a128-de', 'source.mp4', 'v480.m4a', 'a999.m4a'])(
    '%s is not there',
    async (file) => {
      expect(await refusalOf(await ask(file))).toBe('404 download_unavailable');
    },
  );

  test.each(['0480.mp4', '480.mov', '480', 'v480.mp4'])('%s is no name of a download', async (file) => {
    expect(await refusalOf(await ask(file))).toBe('404 not_found');
  });
});

describe('who may download', () => {
  test.each([{}, { downloads: false }])('not with a link that has %j', async (claims) => {
    const path = `/v/${await link(REF.assetId, claims)}/download/480.mp4`;
    expect(await refusalOf(await fetchPath(delivery, path))).toBe('403 link_downloads');
  });

  test('not by the id of a public asset, not beyond maxHeight, not of a disabled asset', async () => {
    await putCurrent(delivery, REF.assetId, { policy: 'public' });
    expect(await refusalOf(await fetchPath(delivery, `/v/${REF.assetId}/download/480.mp4`))).toBe('403 link_downloads');
    const small = await downloadLink(REF.assetId, { maxHeight: 360 });
    expect((await fetchPath(delivery, `/v/${small}/download/360.mp4`, { method: 'HEAD' })).status).toBe(200);
    expect(await refusalOf(await fetchPath(delivery, `/v/${small}/download/480.mp4`))).toBe('404 download_unavailable');
    await putCurrent(delivery, REF.assetId, { disabled: true });
    expect(await refusalOf(await ask('480.mp4'))).toBe('403 asset_disabled');
    await putCurrent(delivery, REF.assetId);
  });
});

describe('what is missing', () => {
  /** The whole body, or what broke it. */
  const readAll = (response: Response) =>
    bytesOf(response).then(
      ({ byteLength }) => byteLength,
      () => 'cut',
    );

  test('a segment cuts the connection, or is told before the first byte', async () => {
    // The sound ends after the picture, so this one ends the file.
    const track = trackOf(whole.presentation, 'a128-eng');
    const last = [...segmentsOf(track)].at(-1);
    const key = segmentKey(REF, track.id, last?.attempt ?? '', last?.number ?? 0);
    const bytes = whole.objects.get(key) ?? new Uint8Array();
    for (const other of [null, bytes.subarray(1), new Uint8Array([...bytes, 0])]) {
      await (other === null ? delivery.MEDIA.delete(key) : delivery.MEDIA.put(key, other));
      const response = await ask('360.mp4');
      expect([response.status, await readAll(response)]).toEqual([200, 'cut']);
      const size = Number(response.headers.get('content-length'));
      const end = await ask('360.mp4', { range: `bytes=${size - 1}-` });
      expect(await refusalOf(end)).toBe('404 download_unavailable');
    }
    await delivery.MEDIA.put(key, bytes);
  });

  test('sample tables, as of earlier releases, or those of other segments', async () => {
    const track = trackOf(whole.presentation, 'v240');
    const key = samplesKey(REF, 'v240');
    const kept = await (await delivery.MEDIA.get(key))?.arrayBuffer();
    const again = newEnv();
    const get = async () => fetchPath(again, `/v/${await downloadLink()}/download/240.mp4`);
    await delivery.MEDIA.delete(key);
    expect(await refusalOf(await get())).toBe('404 download_unavailable');
    const other = structuredClone(track);
    for (const chunk of other.chunks) {
      chunk.attempt = '9';
    }
    const parts = partsOf(whole.reports, 'v240');
    expect(await keepSamples(delivery.MEDIA, REF, other, parts)).toBe('kept');
    expect(await refusalOf(await get())).toBe('404 download_unavailable');
    await delivery.MEDIA.put(key, 'neither');
    expect(await refusalOf(await get())).toBe('404 download_unavailable');
    await delivery.MEDIA.put(key, kept ?? '');
    expect((await bytesOf(await get())).byteLength).toBeGreaterThan(0);
  });

  test('headers: nothing is kept, nothing fails', async () => {
    const track = trackOf(whole.presentation, 'v240');
    const parts = partsOf(whole.reports, 'v240');
    const key = headersKey(REF, 'v240', parts[0]?.attempt ?? '', 1);
    const headers = whole.objects.get(key) ?? new Uint8Array();
    for (const [outcome, put] of [
      ['missing', () => delivery.MEDIA.delete(key)],
      ['unusable', () => delivery.MEDIA.put(key, headers.subarray(1))],
      ['unusable', () => delivery.MEDIA.put(key, headers.subarray(0, -1))],
      ['unusable', () => delivery.MEDIA.put(key, new Uint8Array([...headers, ...headers]))],
      ['missing', () => delivery.MEDIA.put(key, new Uint8Array(10_000_000))],
      ['kept', () => delivery.MEDIA.put(key, headers)],
    ] as const) {
      await put();
      expect(await keepSamples(delivery.MEDIA, REF, track, parts)).toBe(outcome);
    }
  });
});

describe('a film that plays from its source', () => {
  const SOURCE = 'sources/live/film.mp4';
  const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
  const ref = { assetId: 'live', version: 'ver1' };

  beforeAll(async () => {
    const tracks = [
      { ...videoTrack('sv0', 1920, 1080, 1), id: 'sv0' },
      { ...audioTrack('sa0', 'en'), id: 'sa0' },
    ];
    const presentation = presentationSchema.parse(presentationOf(tracks, ref.assetId));
    await delivery.MEDIA.put(presentationKey(ref, 1), JSON.stringify(presentation));
    await putCurrent(delivery, ref.assetId);
    const stored = await delivery.MEDIA.put(SOURCE, bytes);
    const facts = {
      stride: 100,
      sourceKey: SOURCE,
      sourceEtag: stored?.etag ?? '',
      sourceBytes: bytes.byteLength,
      keySamples: { lengthBytes: 4, parameterSets: [] },
    };
    await delivery.MEDIA.put(sourceIndexKey(ref), 'slots', { customMetadata: indexMetadata(facts) ?? {} });
  });

  test.each(['1080.mp4', 'source.mp4'])('%s is the source', async (file) => {
    const response = await ask(file, {}, 'GET', 'live');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="live-1080.mp4"');
    expect(await bytesOf(response)).toEqual(bytes);
    const part = await ask(file, { range: 'bytes=4990-' }, 'GET', 'live');
    expect([part.status, await bytesOf(part)]).toEqual([206, bytes.subarray(4990)]);
    expect(part.headers.get('etag')).toBe((await delivery.MEDIA.head(SOURCE))?.httpEtag);
  });

  test.each(['720.mp4', 'audio.m4a', 'sa0.m4a', '1080.mp4?sound=sa0'])('%s is not there', async (file) => {
    expect(await refusalOf(await ask(file, {}, 'GET', 'live'))).toBe('404 download_unavailable');
  });

  test('also where the picture is turned: what plays the file turns it', async () => {
    const turned = { ...videoTrack('sv0', 1080, 1920, 1), rotation: 90 as const };
    const presentation = presentationSchema.parse({ ...presentationOf([turned], 'live'), version: 'ver2' });
    await delivery.MEDIA.put(presentationKey(presentation, 1), JSON.stringify(presentation));
    const index = await delivery.MEDIA.head(sourceIndexKey(ref));
    const { customMetadata = {} } = index ?? {};
    await delivery.MEDIA.put(sourceIndexKey(presentation), 'slots', { customMetadata });
    await putCurrent(delivery, 'live', { version: 'ver2' });
    const answer = await ask('1080.mp4', { 'user-agent': 'curl/8.5.0' }, 'GET', 'live');
    await putCurrent(delivery, 'live');
    expect([answer.status, await bytesOf(answer)]).toEqual([200, bytes]);
  });

  test('and is not there once it was overwritten', async () => {
    await delivery.MEDIA.put(
      SOURCE,
      bytes.map((byte) => byte ^ 1),
    );
    expect(await refusalOf(await ask('1080.mp4', {}, 'GET', 'live'))).toBe('404 download_unavailable');
  });
});
