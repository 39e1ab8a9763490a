/** A bucket whose every operation takes time, and that counts what is read of it. */
import { newReads } from '../reads.ts';
import { readRepeated } from './repeated-object.ts';

/** Mutable state, which a session's requests read from time to time. */
const STATE_KEY = /^edge\/|\/current\.json$/;

function kindOf(key: string): 'source' | 'index' | 'state' | 'other' {
  if (key.startsWith('sources/')) {
    return 'source';
  }
  if (key.endsWith('/source.idx')) {
    return 'index';
  }
  return STATE_KEY.test(key) ? 'state' : 'other';
}

/** Of what an answer of R2 has a body of. */
function bytesOf(object: R2Object | R2ObjectBody | null): number {
  if (object === null || !('body' in object)) {
    return 0;
  }
  const { range, size } = object;
  // workerd sets all three members, those that do not apply to undefined.
  const { offset = 0, length, suffix } = (range ?? {}) as { offset?: number; length?: number; suffix?: number };
  return suffix ?? length ?? size - offset;
}

/** Of this isolate. */
export let reads = newReads();
export function forgetReads(): void {
  reads = newReads();
}

type Call = (...args: unknown[]) => unknown;

export function watchedBucket(bucket: R2Bucket, delayMs: number): R2Bucket {
  const late = async <T>(work: () => T): Promise<Awaited<T>> => {
    if (delayMs > 0) {
      await scheduler.wait(delayMs);
    }
    return await work();
  };
  const watchedUpload = (upload: R2MultipartUpload): R2MultipartUpload => ({
    key: upload.key,
    uploadId: upload.uploadId,
    uploadPart: (...args) => late(() => upload.uploadPart(...args)),
    complete: (parts) => late(() => upload.complete(parts)),
    abort: () => late(() => upload.abort()),
  });
  const read = async (call: Call, key: string, rest: unknown[]) => {
    const object = (await late(() => readRepeated(call, key, rest))) as R2ObjectBody | null;
    reads[kindOf(key)].reads += 1;
    reads[kindOf(key)].bytes += bytesOf(object);
    return object;
  };
  return new Proxy(bucket, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') {
        return value;
      }
      const call: Call = value.bind(target);
      if (name === 'get' || name === 'head') {
        return (key: string, ...rest: unknown[]) => read(call, key, rest);
      }
      if (name === 'resumeMultipartUpload') {
        return (...args: unknown[]) => watchedUpload(call(...args) as R2MultipartUpload);
      }
      return async (...args: unknown[]) => {
        reads.others += 1;
        const result = await late(() => call(...args));
        return name === 'createMultipartUpload' ? watchedUpload(result as R2MultipartUpload) : result;
      };
    },
  });
}
