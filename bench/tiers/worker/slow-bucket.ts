/** A bucket with slow or failing reads of media. The local bucket would answer before a second request arrives. */

export type Disturbance = { delayMs: number; firstReadFails: boolean };

/** Mutable state, whose reads are not disturbed: pointers of assets, and what all isolates share. */
const STATE_KEY = /^edge\/|\/current\.json$/;

const READS: readonly PropertyKey[] = ['head', 'get'];

export function slowBucket(bucket: R2Bucket, { delayMs, firstReadFails }: Disturbance): R2Bucket {
  const failed = new Set<string>();
  const disturb = async (key: string): Promise<void> => {
    const fails = firstReadFails && !failed.has(key);
    failed.add(key);
    await scheduler.wait(delayMs);
    if (fails) {
      throw new Error('the first read of a key fails');
    }
  };
  return new Proxy(bucket, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') {
        return value;
      }
      if (!READS.includes(name)) {
        return value.bind(target);
      }
      return async (key: string, ...rest: unknown[]) => {
        if (!STATE_KEY.test(key)) {
          await disturb(key);
        }
        return await value.call(target, key, ...rest);
      };
    },
  });
}
