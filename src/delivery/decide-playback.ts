/**
 * Whether a link is good for a use, a playback or the images of its asset. Serving and explaining (POST
 * /v1/links/explain) run the same checks, so that the explanation cannot differ from what players get.
 */

import { restrictPresentation } from '../access/allowed-tracks.ts';
import { checkLinkUse, type LinkAudience, type LinkClaims, readLink } from '../access/links.ts';
import { refusal } from '../access/refusal.ts';
import { linkRevocation } from '../access/revocations.ts';
import { evaluateRules, type RequestFacts } from '../access/rules.ts';
import { type EdgeKeys, mergeKeys } from '../access/signing-keys.ts';
import { AppError } from '../errors.ts';
import { assetIdSchema } from '../media/ids.ts';
import type { Current, Presentation } from '../media/presentation.ts';
import { factsOf } from './http/request-facts.ts';
import type { Isolate } from './isolate.ts';
import type { TierName } from './objects/objects.ts';

export type PlaybackQuestion = {
  link: string;
  facts: RequestFacts;
  /** What the state in memory is aged by. */
  nowMs: number;
  /** What the link's times are compared with; `nowMs` unless an explanation asks about another time. */
  atMs?: number | undefined;
};

export const questionOf = (link: string, request: Request): PlaybackQuestion => ({
  link,
  facts: factsOf(request),
  nowMs: Date.now(),
});

type PlaybackCheck = {
  /** `token`, `validity`, `revocation`, `asset`, `rules.…`, `maxHeight` or `rotation`. */
  rule: string;
  passed: boolean;
  /** `ok`, the code of the refusal, or the verdict of an access rule. */
  why: string;
};

/** Engines that were seen to turn a picture by its init segment (docs/architecture/platform.md). The others get the ladder. */
const TURNING_ENGINES: readonly RegExp[] = [/Chrom(e|ium)\//];

const turnsPictures = (userAgent: string | null): boolean =>
  userAgent !== null && TURNING_ENGINES.some((engine) => engine.test(userAgent));

const isTurned = ({ tracks }: Presentation): boolean =>
  tracks.some((track) => track.kind === 'video' && track.rotation !== undefined);

/** What a link of any kind opens: an asset as it is now. */
type AllowedLink = { assetId: string; claims: LinkClaims | undefined; current: Current };

/** What a session needs to start. */
export type AllowedPlayback = AllowedLink & {
  /** As far as the link allows it. */
  presentation: Presentation;
  /** Where this request had the presentation from. */
  tier: TierName;
};

/** The checks of one link, and what they have proven so far. */
class Trail {
  /** In the order made; the last one is the one that refuses, where one does. */
  readonly checks: PlaybackCheck[] = [];
  /** As far as they are proven: never from a token whose signature has not been checked. */
  assetId: string | undefined;
  claims: LinkClaims | undefined;

  async check<T>(rule: string, run: () => T | Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.checks.push({ rule, passed: true, why: 'ok' });
      return result;
    } catch (error) {
      this.checks.push({ rule, passed: false, why: error instanceof AppError ? error.code : 'internal' });
      throw error;
    }
  }
}

type LinkDecision<Allowed> = Pick<Trail, 'checks' | 'assetId' | 'claims'> &
  ({ refusal: null; allowed: Allowed } | { refusal: AppError; allowed: null });

/** Reads the keys anew where the link's is not among them: it may have been registered a moment ago. */
async function readKnown({ config, state }: Isolate, link: string, keys: EdgeKeys, nowMs: number): Promise<LinkClaims> {
  try {
    return await readLink(link, mergeKeys(config, keys));
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'link_key_unknown')) {
      throw error;
    }
    return readLink(link, mergeKeys(config, await state.signingKeysAnew(nowMs)));
  }
}

/** A bare id has no dot, a token always has two: ids are made so (media/ids.ts). */
async function openLink(
  isolate: Isolate,
  { link, nowMs, atMs = nowMs }: PlaybackQuestion,
  audience: LinkAudience,
  trail: Trail,
) {
  if (!link.includes('.')) {
    await trail.check('token', async () => {
      if (!assetIdSchema.safeParse(link).success) {
        throw new AppError('link_malformed');
      }
      trail.assetId = link;
      if ((await isolate.state.requirePublished(link, nowMs)).policy !== 'public') {
        throw new AppError('link_required');
      }
    });
    return { assetId: link, claims: undefined };
  }
  const keys = await isolate.state.signingKeys(nowMs);
  const claims = await trail.check('token', () => readKnown(isolate, link, keys, nowMs));
  trail.assetId = claims.sub;
  trail.claims = claims;
  await trail.check('validity', () => checkLinkUse(claims, { audience, nowSeconds: atMs / 1000 }));
  return { assetId: claims.sub, claims };
}

/** The checks of every link, in this order. Throws AppError with the code of the one that refuses it. */
export async function admitLink(
  isolate: Isolate,
  question: PlaybackQuestion,
  audience: LinkAudience,
  trail = new Trail(),
): Promise<AllowedLink> {
  const { facts, nowMs, atMs = nowMs } = question;
  const { assetId, claims } = await openLink(isolate, question, audience, trail);
  await trail.check('revocation', async () => {
    const subject = { link: claims?.jti, viewer: claims?.viewer, asset: assetId, key: claims?.kid };
    const kind = await linkRevocation(await isolate.state.revocations(nowMs), subject, atMs / 1000);
    if (kind !== null) {
      throw refusal('link_revoked', { claim: kind });
    }
  });
  const current = await trail.check('asset', () => isolate.state.requireEnabled(assetId, nowMs, atMs));
  for (const { name, verdict, code } of evaluateRules(claims?.rules, facts)) {
    trail.checks.push({ rule: `rules.${name}`, passed: code === null, why: verdict });
    if (code !== null) {
      throw refusal(code);
    }
  }
  return { assetId, claims, current };
}

/** Of a whole file: what plays it later turns its picture. Throws as `admitLink` does. */
export async function admitFile(
  isolate: Isolate,
  question: PlaybackQuestion,
  trail = new Trail(),
): Promise<AllowedPlayback> {
  const { assetId, claims, current } = await admitLink(isolate, question, 'video', trail);
  const { version, revision } = current;
  const loaded = await isolate.manifests.presentation({ assetId, version, revision });
  if (loaded === null) {
    throw new AppError('not_found');
  }
  const presentation = await trail.check('maxHeight', () =>
    restrictPresentation(loaded.presentation, claims?.maxHeight),
  );
  return { assetId, claims, current, presentation, tier: loaded.tier };
}

/** Throws as `admitLink` does. */
export async function admitPlayback(
  isolate: Isolate,
  question: PlaybackQuestion,
  trail = new Trail(),
): Promise<AllowedPlayback> {
  const allowed = await admitFile(isolate, question, trail);
  if (isTurned(allowed.presentation)) {
    await trail.check('rotation', () => {
      if (!turnsPictures(question.facts.userAgent)) {
        throw new AppError('source_not_turned');
      }
    });
  }
  return allowed;
}

/** A refusal as a value. Faults of ours (5xx) decide nothing and are thrown. */
async function decide<Allowed>(run: (trail: Trail) => Promise<Allowed>): Promise<LinkDecision<Allowed>> {
  const trail = new Trail();
  try {
    const allowed = await run(trail);
    return { ...trail, refusal: null, allowed };
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) {
      throw error;
    }
    return { ...trail, refusal: error, allowed: null };
  }
}

export const decidePlayback = (isolate: Isolate, question: PlaybackQuestion) =>
  decide((trail) => admitPlayback(isolate, question, trail));

/** `maxHeight` does not apply to images. */
export const decideImages = (isolate: Isolate, question: PlaybackQuestion) =>
  decide((trail) => admitLink(isolate, question, 'image', trail));
