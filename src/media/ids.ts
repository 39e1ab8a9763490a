/** Identifiers in URLs and object keys. They are path-safe and have no dot, so that no JWT can be taken for one. */
import { z } from 'zod';
import { randomId } from '../platform/random-id.ts';

/** 80 bits: ids of public assets cannot be guessed. */
export const newAssetId = (): string => randomId(16);
export const newJobId = (): string => randomId(16);
export const newVersionId = (): string => randomId(8);

/** 80 bits. It names an upload; the address to send bytes to is a secret of its own. */
export const newUploadId = (): string => randomId(UPLOAD_ID_LENGTH);

const idPattern = (maxLength: number): RegExp => new RegExp(`^[a-z0-9][a-z0-9_-]{0,${maxLength - 1}}$`);
const ASSET_ID = idPattern(64);
const VERSION_ID = idPattern(32);
const TRACK_ID = idPattern(32);
export const UPLOAD_ID_LENGTH = 16;
/** Behind the id in the last step of an upload's URL: 130 bits that open this upload and nothing else. */
export const UPLOAD_SECRET_LENGTH = 26;
const UPLOAD_NAME = new RegExp(`^[0-9a-z]{${UPLOAD_ID_LENGTH}}([0-9a-z]{${UPLOAD_SECRET_LENGTH}})?$`);
const UPLOAD_CAPABILITY = new RegExp(`^[0-9a-z]{${UPLOAD_ID_LENGTH + UPLOAD_SECRET_LENGTH}}$`);
const SOURCE_TRACK = /^s[va][0-9]$/;
const ATTEMPT = /^[1-9][0-9]{0,5}$/;

export const assetIdSchema = z.string().regex(ASSET_ID);
export const versionIdSchema = z.string().regex(VERSION_ID);
export const jobIdSchema = z.string().regex(idPattern(64));
/** `{jobId}-{what}`. It is also a Workflow event type, which allows no dots. */
export const taskIdSchema = z.string().regex(idPattern(96));
/** An upload by its id, or by the last step of its URL, which begins with the id. */
export const uploadIdSchema = z
  .string()
  .regex(UPLOAD_NAME)
  .overwrite((text) => text.slice(0, UPLOAD_ID_LENGTH))
  .describe('A finished upload: its ID, or the last step of its URL');
/** Path-safe and readable: `v1080`, `a128-en`. The first letter is the track's kind (media-types.ts). */
export const trackIdSchema = z.string().regex(TRACK_ID);
/** Added to an asset. The underscore tells it from those of the source: their ids have a language, which has none. */
export const isAddedTrack = (id: string): boolean => id.includes('_');
/** Made from the source on request: `sv0`, `sa0`. */
export const isSourceTrack = (id: string): boolean => SOURCE_TRACK.test(id);
/** The ordinal of the task attempt that wrote an object: `1` for the first. Unique within the task. Of a source track: bytes of a slot (src/media/made/source-index.ts). */
export const attemptSchema = z.string().regex(ATTEMPT);

/** `secret`: drawn at random, or derived from the link that the upload is made with. */
export const uploadCapability = (id: string, secret = randomId(UPLOAD_SECRET_LENGTH)): string => id + secret;
/** The id in an upload's capability; null for anything else. */
export const uploadIdOf = (capability: string): string | null =>
  UPLOAD_CAPABILITY.test(capability) ? capability.slice(0, UPLOAD_ID_LENGTH) : null;

// The hot path parses a key per request: a pattern costs a tenth of a schema's safeParse.
export const isAssetId = (text: string): boolean => ASSET_ID.test(text);
export const isVersionId = (text: string): boolean => VERSION_ID.test(text);
export const isTrackId = (text: string): boolean => TRACK_ID.test(text);
export const isAttempt = (text: string): boolean => ATTEMPT.test(text);

/** An id of a viewer or a link, chosen by the app. Lone surrogates are refused, because they all have the same hash. */
export const opaqueIdSchema = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed(), { message: 'is not Unicode text' });
