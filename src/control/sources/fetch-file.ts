/** A small file from a public URL, held in memory. */
import { JobFailure } from '../encoding/job-failure.ts';
import { fetchChecked } from './fetch-checked.ts';

/** For all of it. A caller waits for the answer. */
const FILE_TIMEOUT_MS = 20_000;

async function readBody(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.byteLength;
    if (size > maxBytes) {
      return null;
    }
    parts.push(part);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Null where it is larger. Throws JobFailure where it is not available. */
export async function fetchFile(url: string, maxBytes: number, loopbackAllowed: boolean): Promise<Uint8Array | null> {
  try {
    const response = await fetchChecked(url, { loopbackAllowed, until: AbortSignal.timeout(FILE_TIMEOUT_MS) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new JobFailure('source_missing', `The server answered ${response.status}`);
    }
    return await readBody(response.body, maxBytes);
  } catch (error) {
    throw error instanceof JobFailure
      ? error
      : new JobFailure('source_missing', 'The server cannot be reached, or is slow');
  }
}
