/** A playback link → the presentation it allows and a new session for it. */

import { assetIdSchema } from '../contract/ids.ts';
import type { Current, Presentation } from '../contract/presentation.ts';
import { presentationDurationSeconds } from '../contract/presentation.ts';
import { AppError } from '../errors.ts';
import { allowedTracks, restrictPresentation } from '../playback/allowed-tracks.ts';
import { type LinkClaims, verifyLink } from '../playback/links.ts';
import { checkRules, type RequestFacts } from '../playback/rules.ts';
import { newSessionId, sessionExpiry } from '../playback/sessions.ts';
import { mergeKeys } from '../playback/signing-keys.ts';
import type { Isolate } from './isolate.ts';

/** The asset's current version. Throws AppError `asset_not_found`. */
async function currentOf({ state }: Isolate, assetId: string, nowMs: number): Promise<Current> {
  const current = await state.current(assetId, nowMs);
  if (current === null) {
    throw new AppError('asset_not_found');
  }
  return current;
}

/** Throws AppError `asset_not_found` or `asset_disabled`: also ends sessions that are running. */
export async function requireEnabled(isolate: Isolate, assetId: string, nowMs: number): Promise<Current> {
  const current = await currentOf(isolate, assetId, nowMs);
  if (current.disabled) {
    throw new AppError('asset_disabled');
  }
  return current;
}

type OpenedLink = { assetId: string; claims: LinkClaims | undefined };

/** A bare id has no dot, a token always has two: ids are made so (contract/ids). */
async function openLink(isolate: Isolate, link: string, nowMs: number): Promise<OpenedLink> {
  if (link.includes('.')) {
    const keys = mergeKeys(isolate.config, await isolate.state.signingKeys(nowMs));
    const claims = await verifyLink(link, { keys, audience: 'video', nowSeconds: nowMs / 1000 });
    return { assetId: claims.sub, claims };
  }
  if (!assetIdSchema.safeParse(link).success) {
    throw new AppError('link_malformed');
  }
  if ((await currentOf(isolate, link, nowMs)).policy !== 'public') {
    throw new AppError('link_required');
  }
  return { assetId: link, claims: undefined };
}

export type StartedPlayback = {
  presentation: Presentation;
  /** `/s/{session}/` */
  basePath: string;
};

/**
 * Checks the link and its rules, then mints a session pinned to the current version and revision.
 * Throws AppError with the code of whatever refuses it.
 */
export async function startPlayback(
  isolate: Isolate,
  { link, facts, nowMs }: { link: string; facts: RequestFacts; nowMs: number },
): Promise<StartedPlayback> {
  const { assetId, claims } = await openLink(isolate, link, nowMs);
  const { version, revision } = await requireEnabled(isolate, assetId, nowMs);
  const refusal = checkRules(claims?.rules, facts);
  if (refusal !== null) {
    throw new AppError(refusal);
  }
  const presentation = await isolate.presentations.load({ assetId, version }, revision);
  if (presentation === null) {
    throw new AppError('not_found');
  }
  const tracks = allowedTracks(presentation, claims?.maxHeight);
  const duration = presentationDurationSeconds(presentation);
  const token = await isolate.sessions.mint({
    sessionId: newSessionId(),
    assetId,
    version,
    revision,
    tracks,
    expiresAtSeconds: sessionExpiry(nowMs / 1000, duration, isolate.config.SESSION_SECONDS),
    link: claims === undefined ? undefined : { jti: claims.jti, viewer: claims.viewer, kid: claims.kid },
  });
  return { presentation: restrictPresentation(presentation, tracks), basePath: `/s/${token}/` };
}
