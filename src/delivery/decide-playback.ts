/**
 * Whether a link is good for a use, a playback or the images of its asset, as a value: serving it and explaining it
 * (POST /v1/links/explain) ask the same function, so that the explanation cannot differ from what players meet.
 */

import { allowedTracks } from '../access/allowed-tracks.ts';
import { checkLinkUse, type LinkAudience, type LinkClaims, readLink } from '../access/links.ts';
import { refusal } from '../access/refusal.ts';
import { linkRevocation } from '../access/revocations.ts';
import { evaluateRules, type RequestFacts } from '../access/rules.ts';
import { type EdgeKeys, mergeKeys } from '../access/signing-keys.ts';
import { AppError } from '../errors.ts';
import { assetIdSchema } from '../media/ids.ts';
import type { Current, Presentation } from '../media/presentation.ts';
import { currentOf, requireEnabled } from './current-asset.ts';
import type { Isolate } from './isolate.ts';
import type { TierName } from './objects/objects.ts';

export type PlaybackQuestion = {
  link: string;
  facts: RequestFacts;
  /** What the state in memory is aged by. */
  nowMs: number;
  /** What the link's times are compared with; `nowMs` unless somebody asks about another time. */
  atMs?: number | undefined;
};

type PlaybackCheck = {
  /** `token`, `validity`, `revocation`, `asset`, `rules.…` or `maxHeight`. */
  rule: string;
  passed: boolean;
  /** A word: `ok`, the code of the refusal, or the verdict of an access rule. */
  why: string;
};

/** What a link of any kind opens: an asset as it is now. */
export type AllowedLink = {
  assetId: string;
  claims: LinkClaims | undefined;
  current: Current;
};

/** What a session needs to start. */
export type AllowedPlayback = AllowedLink & {
  presentation: Presentation;
  /** Where this request had the presentation from. */
  tier: TierName;
  tracks: string[] | undefined;
};

export type LinkDecision<Allowed extends AllowedLink> = {
  /** In the order made; the last one is the one that refuses, where one does. */
  checks: PlaybackCheck[];
  /** As far as they are proven: never from a token whose signature has not been checked. */
  assetId: string | undefined;
  claims: LinkClaims | undefined;
} & ({ refusal: null; allowed: Allowed } | { refusal: AppError; allowed: null });

class Trail {
  readonly checks: PlaybackCheck[] = [];
  assetId: string | undefined;
  claims: LinkClaims | undefined;

  /** Runs a check and notes how it went. */
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

/** The keys are read anew where the link's is not among them: it may have been registered a moment ago. */
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
      if ((await currentOf(isolate, link, nowMs)).policy !== 'public') {
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

/** The checks that every link has to pass, in this order. */
async function admit(
  isolate: Isolate,
  question: PlaybackQuestion,
  audience: LinkAudience,
  trail: Trail,
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
  const current = await trail.check('asset', () => requireEnabled(isolate, assetId, nowMs));
  for (const { name, verdict, code } of evaluateRules(claims?.rules, facts)) {
    trail.checks.push({ rule: `rules.${name}`, passed: code === null, why: verdict });
    if (code !== null) {
      throw refusal(code);
    }
  }
  return { assetId, claims, current };
}

async function admitPlayback(isolate: Isolate, question: PlaybackQuestion, trail: Trail): Promise<AllowedPlayback> {
  const { assetId, claims, current } = await admit(isolate, question, 'video', trail);
  const loaded = await isolate.presentations.load({ assetId, version: current.version }, current.revision);
  if (loaded === null) {
    throw new AppError('not_found');
  }
  const { presentation, tier } = loaded;
  const tracks = await trail.check('maxHeight', () => allowedTracks(presentation, claims?.maxHeight));
  return { assetId, claims, current, presentation, tier, tracks };
}

/** Never throws for what a link says; faults of ours (5xx) decide nothing and are thrown. */
async function decide<Allowed extends AllowedLink>(
  run: (trail: Trail) => Promise<Allowed>,
): Promise<LinkDecision<Allowed>> {
  const trail = new Trail();
  try {
    const allowed = await run(trail);
    return { checks: trail.checks, assetId: trail.assetId, claims: trail.claims, refusal: null, allowed };
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) {
      throw error;
    }
    return { checks: trail.checks, assetId: trail.assetId, claims: trail.claims, refusal: error, allowed: null };
  }
}

export const decidePlayback = (isolate: Isolate, question: PlaybackQuestion): Promise<LinkDecision<AllowedPlayback>> =>
  decide((trail) => admitPlayback(isolate, question, trail));

/** `maxHeight` says nothing about images. */
export const decideImages = (isolate: Isolate, question: PlaybackQuestion): Promise<LinkDecision<AllowedLink>> =>
  decide((trail) => admit(isolate, question, 'image', trail));
