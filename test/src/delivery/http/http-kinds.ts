/** Every kind of answer that delivery gives, what its HTTP has to be, and a way to ask for it. */
import { env } from 'cloudflare:workers';
import type { DeliveryEnv } from '../../../../src/delivery/delivery-env.ts';
import { textKey } from '../../../../src/media/keys.ts';
import type { REQUEST_KINDS } from '../../../../src/metrics/metric-series.ts';
import { textTrack } from '../../media/manifest/fixture.ts';
import { fetchPath, link, newEnv, putAsset, putSamples, smallPresentation, startSession } from '../fixture.ts';

type Planes = typeof REQUEST_KINDS;
/** Of the metrics, which know every route: a new kind without a row does not compile. */
type Kind = Exclude<{ [K in keyof Planes]: Planes[K] extends 'delivery' ? K : never }[keyof Planes], 'other'>;

export type Row = {
  /** `{link}`, `{imageLink}`, `{downloadLink}` and `{session}` stand for tokens. */
  path: string;
  type: string;
  /** May be stored: then it has an entity tag, and ranges. */
  stored: boolean;
  /** Has a gzip form. */
  coded: boolean;
  /** Some tier answers for it. */
  tiered: boolean;
};

/** More than would be left uncompressed. */
const TEXT_BYTES = 540;
const HLS = 'application/vnd.apple.mpegurl';
const object = { stored: true, coded: false, tiered: true };
const playlist = { type: HLS, stored: true, coded: true, tiered: true };

const ROWS: Record<Kind | 'image of a link' | 'chapters in a language' | 'chapters of a link', Row> = {
  multivariant: { path: '/v/{link}/main.m3u8', type: HLS, stored: false, coded: true, tiered: true },
  mpd: { path: '/v/{link}/manifest.mpd', type: 'application/dash+xml', stored: false, coded: true, tiered: true },
  'media-playlist': { path: '/s/{session}/v360.m3u8', ...playlist },
  'iframe-playlist': { path: '/s/{session}/v360/iframes.m3u8', ...playlist },
  init: { path: '/s/{session}/v360/init.mp4', type: 'video/mp4', ...object },
  segment: { path: '/s/{session}/v360/1/1.m4s', type: 'video/iso.segment', ...object },
  text: { path: `/s/{session}/t-en/1/0-${TEXT_BYTES}.vtt`, ...playlist, type: 'text/vtt' },
  chapters: { path: '/s/{session}/chapters.json', ...playlist, type: 'application/json' },
  'chapters in a language': { path: '/s/{session}/chapters/en.vtt', ...playlist, type: 'text/vtt' },
  'chapters of a link': { path: '/v/{link}/chapters.json', ...playlist, type: 'application/json' },
  image: { path: '/s/{session}/images/poster.jpg', type: 'image/jpeg', ...object },
  'image of a link': { path: '/v/{imageLink}/images/poster.jpg', type: 'image/jpeg', ...object },
  download: { path: '/v/{downloadLink}/download/360.mp4', type: 'video/mp4', ...object, tiered: false },
  views: { path: '/v/{link}/views', type: 'application/json', stored: false, coded: false, tiered: false },
};
export const KINDS = Object.entries(ROWS);

export type HeaderRecord = Record<string, string>;
export type Answer = { status: number; headers: HeaderRecord; body: Uint8Array };

/** One isolate that has answered everything once: who answers is the same from here on, memory. */
export class Player {
  readonly tokens: Readonly<HeaderRecord>;
  readonly #delivery: DeliveryEnv;

  static async start(assetId: string): Promise<Player> {
    const { VIEWS } = env as unknown as Required<DeliveryEnv>;
    const delivery = { ...newEnv({ EDGE_STATE_SECONDS: '10' }), VIEWS };
    const film = smallPresentation(assetId);
    const titles = Array.from({ length: 9 }, (_, index) => ({ startMs: index * 1000, title: `Chapter ${index}` }));
    const chapters = [{ language: 'en', chapters: titles }];
    await putAsset(delivery, assetId, {}, { ...film, texts: [textTrack('t-en', 'en')], chapters });
    await delivery.MEDIA.put(textKey(film, 't-en', '1'), 'WEBVTT\n'.padEnd(TEXT_BYTES, 'x'));
    await delivery.MEDIA.put(`assets/${assetId}/ver1/images/poster.jpg`, 'a picture of this film');
    await putSamples(delivery, film);
    const token = await link(assetId);
    const session = (await startSession(delivery, token)).split('/')[2] ?? '';
    const player = new Player(delivery, {
      link: token,
      imageLink: await link(assetId, { audience: 'image' }),
      downloadLink: await link(assetId, { downloads: true }),
      session,
    });
    for (const [, { path }] of KINDS) {
      await player.ask(path);
    }
    return player;
  }

  private constructor(delivery: DeliveryEnv, tokens: HeaderRecord) {
    this.#delivery = delivery;
    this.tokens = tokens;
  }

  /** The same tokens in an isolate that remembers nothing. */
  elsewhere(): Player {
    return new Player(newEnv(), this.tokens);
  }

  async ask(path: string, headers: HeaderRecord = {}, method = 'GET'): Promise<Answer> {
    const real = path.replace(/\{(\w+)\}/, (_, name: string) => this.tokens[name] ?? '');
    const response = await fetchPath(this.#delivery, real, { method, headers });
    const body = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  }

  async etagOf(path: string, headers: HeaderRecord = {}): Promise<string> {
    return (await this.ask(path, headers)).headers['etag'] ?? '""';
  }
}

export const GZIP = { 'accept-encoding': 'gzip' };
