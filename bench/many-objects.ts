/** Writes thousands of objects to the local bucket. miniflare's proxy would take milliseconds for each. */
import type { Instance, Runtime } from './runtime.ts';

/** A Worker that writes objects of given sizes (POST) and deletes objects (DELETE). */
export const PUTTER: Instance = {
  name: 'putter',
  script: `const zeros = new Uint8Array(8_000_000); export default { async fetch(request, { MEDIA }) {
  const objects = await request.json();
  if (request.method === 'DELETE') await MEDIA.delete(objects.map(({ key }) => key));
  else for (const { key, bytes } of objects) await MEDIA.put(key, zeros.subarray(0, bytes));
  return new Response(null, { status: 204 });
} };`,
};

export type SizedObject = { key: string; bytes: number };

/** R2 deletes at most 1,000 keys in one call. */
const BATCH = 200;
const AT_ONCE = 16;

/** Runs `work` for each item, a few at a time, starting them in order. */
export async function forEach<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export function* batches<T>(items: readonly T[], size = BATCH): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) {
    yield items.slice(from, from + size);
  }
}

async function tell(runtime: Runtime, method: 'POST' | 'DELETE', objects: readonly SizedObject[]): Promise<void> {
  await forEach(batches(objects), async (batch) => {
    const { status } = await fetch(runtime.urlOf(PUTTER.name), { method, body: JSON.stringify(batch) });
    if (status !== 204) {
      throw new Error(`the putter answered ${status}`);
    }
  });
}

export const putObjects = (runtime: Runtime, objects: readonly SizedObject[]): Promise<void> =>
  tell(runtime, 'POST', objects);
export const deleteObjects = (runtime: Runtime, objects: readonly SizedObject[]): Promise<void> =>
  tell(runtime, 'DELETE', objects);
