/** Keeps a mutable object of the bucket equal to what the catalog says: the catalog is the truth, the object its mirror. */

/** Two writers may cross; each looks again after its own write. More rounds than this would need as many changes at once. */
const ROUNDS_MAX = 5;

/**
 * Writes what `read` gives (null: no object) and reads again until it has written the latest: of two calls at once, the
 * one that read the older state sees the newer one after its write, and writes again.
 */
export async function mirrorObject(bucket: R2Bucket, key: string, read: () => Promise<string | null>): Promise<void> {
  let json = await read();
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    if (json === null) {
      await bucket.delete(key);
    } else {
      await bucket.put(key, json, { httpMetadata: { contentType: 'application/json' } });
    }
    const written = json;
    json = await read();
    if (json === written) {
      return;
    }
  }
  throw new Error(`${key} kept changing while it was written`);
}
