/** What V8 says of one isolate's memory, over workerd's inspector (Chrome DevTools Protocol, Runtime.getHeapUsage). */
import { z } from 'zod';

export type HeapUsage = {
  /** Objects of JavaScript, garbage that has not been collected included. */
  usedBytes: number;
  /** Bytes of array buffers and of strings outside the heap: bodies held in memory. */
  backingBytes: number;
};

export type Inspector = {
  heapUsage(): Promise<HeapUsage>;
  /** So that what is still used can be told from what is not needed any more. */
  collectGarbage(): Promise<void>;
  close(): void;
};

const answerSchema = z.object({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});
const usageSchema = z.object({ usedSize: z.number(), backingStorageSize: z.number() });

/** Of the instance of this name. Throws where its inspector cannot be reached. */
export async function inspect(url: URL, name: string): Promise<Inspector> {
  const socket = new WebSocket(new URL(`/core:user:${name}`, url));
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const failed = (reason: string) => {
    for (const { reject } of waiting.values()) {
      reject(new Error(reason));
    }
  };
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = answerSchema.parse(JSON.parse(String(data)));
    const call = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (error === undefined) {
      call?.resolve(result);
    } else {
      call?.reject(new Error(JSON.stringify(error)));
    }
  });
  socket.addEventListener('close', () => failed('the inspector has closed'));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error(`no inspector of ${name}`)), { once: true });
  });
  let last = 0;
  const call = (method: string): Promise<unknown> => {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method }));
    });
  };
  return {
    async heapUsage() {
      const { usedSize, backingStorageSize } = usageSchema.parse(await call('Runtime.getHeapUsage'));
      return { usedBytes: usedSize, backingBytes: backingStorageSize };
    },
    async collectGarbage() {
      await call('HeapProfiler.collectGarbage');
    },
    close: () => socket.close(),
  };
}
