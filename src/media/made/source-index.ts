/**
 * `source.idx` of a version that plays from its source: slots of equal size, one per segment, and facts in the object's
 * metadata, which R2 returns with every range. The attempt of the made segments is the size of a slot: so the URL alone tells
 * where the slot is. The facts say the size too, so a wrong URL never reads across slots. Pure.
 */
import { z } from 'zod';
import { parsed } from '../../platform/parsed.ts';
import type { KeySampleRule } from '../source/standard-source.ts';

/** Track ids of the source (src/media/ids.ts, `isSourceTrack`). */
export const SOURCE_VIDEO = 'sv0';
export const SOURCE_AUDIO = 'sa0';

/** R2 keeps 2,048 bytes of metadata with an object at least (locally, no more). */
const MAX_METADATA_BYTES = 2000;

const factsSchema = z.object({
  /** Bytes of a slot. */
  stride: z.coerce.number().int().min(1).max(999_999),
  sourceKey: z.string().min(1).overwrite(decodeURIComponent),
  /** Without quotes, as R2's conditions want it. */
  sourceEtag: z.string().min(1).max(256),
  sourceBytes: z.coerce.number().int().min(1),
  keySamples: z
    .string()
    .transform((json) => JSON.parse(json) as unknown)
    .pipe(z.strictObject({ lengthBytes: z.int().min(1).max(4), parameterSets: z.array(z.string()).max(64) })),
});
export type SourceIndexFacts = {
  stride: number;
  sourceKey: string;
  sourceEtag: string;
  sourceBytes: number;
  keySamples: KeySampleRule;
};

/** Null where they do not fit. */
export function indexMetadata(facts: SourceIndexFacts): Record<string, string> | null {
  const metadata = {
    stride: String(facts.stride),
    // ASCII alone travels in headers.
    sourceKey: encodeURIComponent(facts.sourceKey),
    sourceEtag: facts.sourceEtag,
    sourceBytes: String(facts.sourceBytes),
    keySamples: JSON.stringify(facts.keySamples),
  };
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return bytes > MAX_METADATA_BYTES ? null : metadata;
}

/** Null for metadata of anything else. */
export const readIndexMetadata = (metadata: Record<string, string> | undefined): SourceIndexFacts | null =>
  parsed(() => factsSchema.parse(metadata));
