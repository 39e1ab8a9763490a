/** Reads a source and decides whether it plays as it is. Writes nothing. */

import { buildSourceIndex, type SourceIndex } from '../../media/made/build-index.ts';
import { indexMetadata } from '../../media/made/source-index.ts';
import { findMovie } from '../../media/source/find-movie.ts';
import { checkKeySample, KEY_SAMPLE_BYTES, keySampleRule } from '../../media/source/key-samples.ts';
import { NotStandard } from '../../media/source/not-standard.ts';
import { readStandardSource } from '../../media/source/read-movie.ts';
import type { KeySampleRule, Slice, StandardSource } from '../../media/source/standard-source.ts';
import type { Hold, SourceReader } from './read-source.ts';

export type PlayableSource = { source: StandardSource; index: SourceIndex; metadata: Record<string, string> };

/** Throws NotStandard, or what the bucket throws. */
export async function inspectSource(reader: SourceReader, sourceKey: string, hold: Hold): Promise<PlayableSource> {
  const moov = await findMovie(reader.read, reader.sizeBytes);
  // The slots, twice while they are put together, have about as much as the index.
  hold(moov.byteLength);
  const source = readStandardSource(moov, reader.sizeBytes);
  const keySamples = keySampleRule(source.video.configuration);
  // On its way while the slots are made.
  const checked = checkKeySamples(reader, source, keySamples);
  checked.catch(() => undefined);
  const index = await buildSourceIndex(source);
  await checked;
  const { sizeBytes: sourceBytes, etag: sourceEtag } = reader;
  const metadata = indexMetadata({ stride: index.stride, sourceKey, sourceEtag, sourceBytes, keySamples });
  if (metadata === null) {
    throw new NotStandard('source_name');
  }
  return { source, index, metadata };
}

async function checkKeySamples(reader: SourceReader, source: StandardSource, rule: KeySampleRule): Promise<void> {
  const check = async ({ offset, length }: Slice): Promise<void> => {
    const code = checkKeySample(rule, await reader.read(offset, Math.min(length, KEY_SAMPLE_BYTES)));
    if (code !== null) {
      throw new NotStandard(code, `the key frame at ${offset}`);
    }
  };
  await Promise.all(source.keySamples.map(check));
}
