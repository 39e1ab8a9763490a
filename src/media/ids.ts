/** Identifiers as they stand in URLs and object keys: path-safe, never with a dot, so a JWT cannot be taken for one. */
import { z } from 'zod';
import { randomId } from '../platform/random-id.ts';

/** 80 bits: enough that ids of a public asset cannot be guessed by walking. */
export const newAssetId = (): string => randomId(16);
export const newJobId = (): string => randomId(16);
export const newVersionId = (): string => randomId(8);

const idOf = (maxLength: number) => z.string().regex(new RegExp(`^[a-z0-9][a-z0-9_-]{0,${maxLength - 1}}$`));

export const assetIdSchema = idOf(64);
export const versionIdSchema = idOf(32);
export const jobIdSchema = idOf(64);
/** A task id holds its job's id: `{jobId}-{what}`; it is also a Workflow event type, hence no dots. */
export const taskIdSchema = idOf(96);
/** Path-safe and telling: `v1080`, `a128-en`. */
export const trackIdSchema = idOf(32);
/** The ordinal of the task attempt that wrote an object: `1` for the first. Unique within the task. */
export const attemptSchema = z.string().regex(/^[1-9][0-9]{0,5}$/);

/**
 * An id that apps choose: of a viewer, or of a link. Unicode text: lone surrogates are all hashed as one character, so
 * that viewers named by them would share a revocation and a stream limit.
 */
export const opaqueIdSchema = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed(), { message: 'is not Unicode text' });
