/** SHA-256 of a file, in hexadecimal. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Each is hashed at once, in which time nothing else of the process runs: a millisecond or two. */
const READ_BYTES = 1024 * 1024;

/** Throws the reason of `signal`. */
export async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(path, { highWaterMark: READ_BYTES, signal })) {
      hash.update(part);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  return hash.digest('hex');
}
