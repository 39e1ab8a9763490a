/** What a captioning service is asked: the sound of an asset by a link, and where its file goes. */

import { signLink } from '../../access/link-signing.ts';
import type { NewCaptionOrder } from '../../catalog/caption-orders.ts';
import type { Config } from '../../config.ts';
import { randomId } from '../../platform/random-id.ts';

/** Services caption a film within hours; those where people work promise the next day. */
const ORDER_SECONDS = 48 * 3600;
/** 160 bits: it is the only credential of the upload. */
const TOKEN_LENGTH = 32;

export type CaptionWish = {
  assetId: string;
  track: string;
  kind: string;
  language: string;
  durationSeconds: number;
  service: { url: string; secret?: string | undefined };
};

/** `origin`: of the addresses that the service gets. The link and the order end together. */
export async function newOrder(config: Config, origin: string, wish: CaptionWish, now: Date): Promise<NewCaptionOrder> {
  const { assetId, track, kind, language, durationSeconds, service } = wish;
  const [id, token] = [randomId(16), randomId(TOKEN_LENGTH)];
  const link = await signLink(config, { assetId, audience: 'video', expiresInSeconds: ORDER_SECONDS, jti: id, now });
  const expiresAtMs = now.getTime() + ORDER_SECONDS * 1000;
  const message = {
    id,
    type: 'captions.requested',
    assetId,
    track,
    kind,
    language,
    durationSeconds,
    sound: { hls: `${origin}/v/${link}/main.m3u8`, dash: `${origin}/v/${link}/manifest.mpd` },
    upload: `${origin}/v1/captions/${token}`,
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
  return {
    id,
    asset_id: assetId,
    track,
    token,
    url: service.url,
    secret: service.secret ?? null,
    body: JSON.stringify(message),
    expires_at: expiresAtMs,
  };
}
