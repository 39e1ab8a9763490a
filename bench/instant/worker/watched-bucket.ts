/** A bucket whose every operation takes time, and that counts what is read of it. */
import { newReads } from '../reads.ts';

const kindOf = (key: string) =>
  key.startsWith('sources/') ? 'source' : key.endsWith('/source.idx') ? 'index' : 'other';

/** Of what an answer of R2 has a body of. */
function bytesOf(object: R2Object | R2ObjectBody | null): number {
  if (object === null || !('body' in object)) {
    return 0;
  }
  const { range, size } = object;
  if (range === undefined) {
    return size;
  }
  return 'suffix' in range ? range.suffix : (range.length ?? size - (range.offset ?? 0));
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
    const object = (await late(() => call(key, ...rest))) as R2ObjectBody | null;
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
