/** Identifiers as they stand in URLs and object keys: path-safe, never with a dot, so a JWT cannot be taken for one. */
import { z } from 'zod';
import { randomId } from '../platform/random-id.ts';

/** 80 bits: enough that ids of a public asset cannot be guessed by walking. */
export const newAssetId = (): string => randomId(16);
export const newJobId = (): string => randomId(16);
export const newVersionId = (): string => randomId(8);

const idPattern = (maxLength: number): RegExp => new RegExp(`^[a-z0-9][a-z0-9_-]{0,${maxLength - 1}}$`);
const ASSET_ID = idPattern(64);
const VERSION_ID = idPattern(32);
const TRACK_ID = idPattern(32);
const ATTEMPT = /^[1-9][0-9]{0,5}$/;

export const assetIdSchema = z.string().regex(ASSET_ID);
export const versionIdSchema = z.string().regex(VERSION_ID);
export const jobIdSchema = z.string().regex(idPattern(64));
/** A task id holds its job's id: `{jobId}-{what}`; it is also a Workflow event type, hence no dots. */
export const taskIdSchema = z.string().regex(idPattern(96));
/** Path-safe and telling: `v1080`, `a128-en`. The first letter is the track's kind (media-types.ts). */
export const trackIdSchema = z.string().regex(TRACK_ID);
/** The ordinal of the task attempt that wrote an object: `1` for the first. Unique within the task. */
export const attemptSchema = z.string().regex(ATTEMPT);

// The hot path parses a key per request: the patterns alone cost a tenth of a schema's safeParse.
export const isAssetId = (text: string): boolean => ASSET_ID.test(text);
export const isVersionId = (text: string): boolean => VERSION_ID.test(text);
export const isTrackId = (text: string): boolean => TRACK_ID.test(text);
export const isAttempt = (text: string): boolean => ATTEMPT.test(text);

/**
 * An id that apps choose: of a viewer, or of a link. Unicode text: lone surrogates are all hashed as one character, so
 * that viewers named by them would share a revocation and a stream limit.
 */
export const opaqueIdSchema = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed(), { message: 'is not Unicode text' });
