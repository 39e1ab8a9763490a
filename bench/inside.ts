/**
 * A Worker that repeats one piece of work in one request, so that its CPU time can be measured from outside (the clock
 * does not advance inside a Worker). runtime.ts bundles it. It calls the same functions as delivery.
 */
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { checkLinkUse, readLink } from '../src/access/links.ts';
import { SessionTokens } from '../src/access/session-tokens.ts';
import { mergeKeys, publicJwkSchema } from '../src/access/signing-keys.ts';
import { renderMpd } from '../src/media/manifest/dash/mpd.ts';
import { renderMediaPlaylist } from '../src/media/manifest/hls/media-playlist.ts';
import { renderMultivariantPlaylist } from '../src/media/manifest/hls/multivariant-playlist.ts';
import { type Presentation, parsePresentation } from '../src/media/presentation.ts';

const NOW_SECONDS = 1_800_000_000;
const EXPIRES = NOW_SECONDS + 3600;

const SESSION = {
  sessionId: '0123456789abcdef',
  assetId: 'asset',
  version: 'ver1',
  revision: 1,
  expiresAtSeconds: EXPIRES,
};
const newSessions = (): SessionTokens => new SessionTokens('0123456789abcdef0123456789abcdef');

type Work = (body: string) => Promise<() => unknown> | (() => unknown);

function rendering(render: (presentation: Presentation) => string): Work {
  return (body) => {
    const presentation = parsePresentation(body);
    return () => render(presentation);
  };
}

const basePath = '/s/session/';
const WORK: Readonly<Record<string, Work>> = {
  nothing: () => () => undefined,
  parse: (body) => () => parsePresentation(body),
  mpd: rendering((presentation) => renderMpd(presentation, { basePath })),
  multivariant: rendering((presentation) => renderMultivariantPlaylist(presentation, { basePath })),
  playlist: rendering((presentation) => {
    const [track] = presentation.tracks;
    return track === undefined ? '' : renderMediaPlaylist(presentation, track);
  }),
  'known session': async () => {
    const sessions = newSessions();
    const token = await sessions.mint(SESSION);
    return () => sessions.verify(token, NOW_SECONDS);
  },
  'new session': async () => {
    const token = await newSessions().mint(SESSION);
    return () => newSessions().verify(token, NOW_SECONDS);
  },
  /** A token with changed ciphertext, different each time. */
  'forged session': async () => {
    const sessions = newSessions();
    const token = await sessions.mint(SESSION);
    let count = 0;
    return () => {
      count += 1;
      const forged = token.slice(0, 16) + String(count).padStart(8, '0') + token.slice(24);
      return sessions.verify(forged, NOW_SECONDS).catch(() => {});
    };
  },
  /** Looked up among 200 keys, twice: before and after the keys are read again. */
  'unknown kid': async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const key = { alg: 'ES256' as const, jwk: publicJwkSchema.parse(await exportJWK(publicKey)), createdAt: '' };
    const registered = { keys: Array.from({ length: 200 }, (_, index) => ({ ...key, kid: `kid-${index}` })) };
    const own = { LINK_SIGNING_KEY: { ...key.jwk, kid: 'own' } } as unknown as Parameters<typeof mergeKeys>[0];
    const rest = `${base64url.encode(JSON.stringify({ sub: 'asset', exp: EXPIRES }))}.${'A'.repeat(86)}`;
    let count = 0;
    return async () => {
      count += 1;
      const token = `${base64url.encode(JSON.stringify({ alg: 'ES256', kid: `random-${count}` }))}.${rest}`;
      await readLink(token, mergeKeys(own, registered)).catch(() => {});
      await readLink(token, mergeKeys(own, registered)).catch(() => {});
    };
  },
  ES256: async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1' };
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setSubject('asset')
      .setExpirationTime(EXPIRES)
      .sign(privateKey);
    const keys = new Map([['k1', { kid: 'k1', alg: 'ES256', jwk }]]) as unknown as Parameters<typeof readLink>[1];
    return async () => checkLinkUse(await readLink(token, keys), { audience: 'video', nowSeconds: NOW_SECONDS });
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const work = await WORK[searchParams.get('work') ?? '']?.(await request.text());
    if (work === undefined) {
      return new Response(null, { status: 404 });
    }
    for (let count = Number(searchParams.get('times')); count > 0; count -= 1) {
      await work();
    }
    return new Response('done');
  },
};
