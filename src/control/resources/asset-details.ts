/** What owners say of an asset beside its title: as it is sent, stored and shown. Pure. */
import { z } from '@hono/zod-openapi';
import type { AssetDetails } from '../../catalog/rows.ts';
import { shownTime, timeTextSchema } from '../../http/times.ts';
import { withoutNull, withoutUndefined } from '../../platform/members.ts';
import { labelSchema, paragraphsSchema } from '../../platform/text.ts';

const DESCRIPTION_MAX = 5_000;
const TAGS_MAX = 50;
const CATEGORIES_MAX = 20;
const METADATA_BYTES_MAX = 8 * 1024;
/** Of arrays and objects in each other. */
const METADATA_LEVELS_MAX = 8;

/** Normalised, so that a filter finds it however it was typed (UAX #15). */
const facetSchema = (maxLength: number) => labelSchema(maxLength).overwrite((text) => text.normalize('NFC'));
export const tagSchema = facetSchema(64);
export const externalIdSchema = facetSchema(128).openapi({
  description: 'The ID in your system. Several assets may have the same',
});
export const creatorIdSchema = facetSchema(128).openapi({ description: 'Who made it, in your system' });

const childrenOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [];

/** Level by level: a call for each level would overflow the stack, and so would JSON.stringify. */
function isShallow(value: unknown): boolean {
  let level = childrenOf(value);
  for (let depth = 1; depth < METADATA_LEVELS_MAX; depth += 1) {
    level = level.flatMap(childrenOf);
  }
  return level.every((child) => childrenOf(child).length === 0);
}

const isSmall = (value: unknown): boolean =>
  new TextEncoder().encode(JSON.stringify(value)).byteLength <= METADATA_BYTES_MAX;

const metadataSchema = z
  .record(z.string(), z.unknown())
  .refine(isShallow, { message: `may have ${METADATA_LEVELS_MAX} levels`, abort: true })
  .refine(isSmall, { message: `may have ${METADATA_BYTES_MAX} bytes of JSON` })
  .openapi({ description: 'An object of your own, up to 8 KB of JSON; replaced as a whole' });

/** Null, like leaving it out of a new asset, is none. */
export const detailFields = {
  description: paragraphsSchema(DESCRIPTION_MAX).nullable().optional(),
  tags: z.array(tagSchema).max(TAGS_MAX).nullable().optional(),
  categories: z.array(tagSchema).max(CATEGORIES_MAX).nullable().optional(),
  externalId: externalIdSchema.nullable().optional(),
  metadata: metadataSchema.nullable().optional(),
  creatorId: creatorIdSchema.nullable().optional(),
  publishAt: timeTextSchema.nullable().optional().openapi({ description: 'It does not play before' }),
  unpublishAt: timeTextSchema.nullable().optional().openapi({ description: 'It does not play from then on' }),
  deleteAt: timeTextSchema
    .nullable()
    .optional()
    .openapi({ description: 'It does not play from then on, and is deleted within two minutes' }),
};
const detailsSchema = z.object(detailFields);
type Details = z.infer<typeof detailsSchema>;

type Maybe<Value> = Value | null | undefined;

const timeOf = (text: Maybe<string>): Maybe<number> => (typeof text === 'string' ? Date.parse(text) : text);

/** Whether it begins before it ends, as far as both are known. */
export const isWindow = ({ publishAt = null, unpublishAt = null }: Details): boolean =>
  publishAt === null || unpublishAt === null || Date.parse(publishAt) < Date.parse(unpublishAt);
export const NO_WINDOW = { message: 'must be later than publishAt', path: ['unpublishAt'] };

/** An empty list is none. */
const listText = (texts: Maybe<readonly string[]>): Maybe<string> =>
  texts && (texts.length === 0 ? null : JSON.stringify([...new Set(texts)]));

/** The columns of what was given. */
export function detailColumns(given: Details): Partial<AssetDetails> {
  const { description, tags, categories, externalId, metadata, creatorId, publishAt, unpublishAt, deleteAt } = given;
  return withoutUndefined({
    description,
    tags: listText(tags),
    categories: listText(categories),
    external_id: externalId,
    metadata: metadata && JSON.stringify(metadata),
    creator_id: creatorId,
    publish_at: timeOf(publishAt),
    unpublish_at: timeOf(unpublishAt),
    delete_at: timeOf(deleteAt),
  });
}

/** As assets show them; left out where there are none. */
export const shownDetailFields = {
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  categories: z.array(z.string()).optional(),
  externalId: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  creatorId: z.string().optional(),
  publishAt: z.iso.datetime().optional(),
  unpublishAt: z.iso.datetime().optional(),
  deleteAt: z.iso.datetime().optional(),
};
const shownSchema = z.object(shownDetailFields);

export const detailsView = (row: AssetDetails): z.infer<typeof shownSchema> =>
  withoutNull({
    description: row.description,
    tags: row.tags && JSON.parse(row.tags),
    categories: row.categories && JSON.parse(row.categories),
    externalId: row.external_id,
    metadata: row.metadata && JSON.parse(row.metadata),
    creatorId: row.creator_id,
    publishAt: shownTime(row.publish_at),
    unpublishAt: shownTime(row.unpublish_at),
    deleteAt: shownTime(row.delete_at),
  });

/**
 * What a part of a film has in common with it. Its times too, so that a clip does not show what may not play yet, or any
 * more. Not its id in another system, and not its deletion.
 */
export function detailsOfClip(film: AssetDetails): Partial<AssetDetails> {
  const { description, tags, categories, metadata, creator_id, publish_at, unpublish_at } = film;
  return { description, tags, categories, metadata, creator_id, publish_at, unpublish_at };
}
