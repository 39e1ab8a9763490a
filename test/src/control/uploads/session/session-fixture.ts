/** Uploads without routes: calls of their Durable Objects. */
import { env } from 'cloudflare:test';
import { expect } from 'vitest';
import {
  APPEND_HEADER,
  type AppendOrder,
  type AppendResult,
  type UploadFacts,
} from '../../../../../src/control/uploads/session/session-port.ts';
import type { UploadSession } from '../../../../../src/control/uploads/session/upload-session.ts';
import { newUploadId } from '../../../../../src/media/ids.ts';

export const MIB = 1024 ** 2;

/** Bytes that differ from place to place, so that a piece at a wrong position is seen. */
export function bytesOf(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = 1;
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

export type Upload = {
  facts: UploadFacts;
  object: DurableObjectStub<UploadSession>;
  append(offset: number, body: BodyInit | null, order?: Partial<AppendOrder>): Promise<AppendResult>;
  status(): Promise<{ offset: number; length: number | null; isStored: boolean }>;
};

export function newUpload(facts: Partial<UploadFacts> = {}): Upload {
  const id = newUploadId();
  const all = { id, key: `sources/${id}/film.mp4`, contentType: 'video/mp4', length: null, maxBytes: 1e12, ...facts };
  const object = env.UPLOADS.get(env.UPLOADS.idFromName(id));
  return {
    facts: all,
    object,
    status: () => object.status(all),
    async append(offset, body, order = {}) {
      const headers = { [APPEND_HEADER]: JSON.stringify({ facts: all, offset, ...order }) };
      const response = await object.fetch('https://upload/', { method: 'POST', headers, body });
      return response.json();
    },
  };
}

/** A body whose bytes are given one after another; `cut` breaks it off. */
export function openBody() {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  return {
    body: readable,
    send: (bytes: Uint8Array) => writer.write(bytes),
    end: () => writer.close(),
    cut: () => writer.abort(new Error('cut')).catch(() => {}),
  };
}

const hex = (digest: ArrayBuffer): string => [...new Uint8Array(digest)].map((byte) => byte.toString(16)).join();

export async function expectStored({ facts: { key } }: Pick<Upload, 'facts'>, bytes: Uint8Array): Promise<void> {
  const object = await env.MEDIA.get(key);
  const stored = (await object?.bytes()) ?? new Uint8Array(0);
  expect(stored.byteLength).toBe(bytes.byteLength);
  const [ours, theirs] = await Promise.all([stored, bytes].map((each) => crypto.subtle.digest('SHA-256', each)));
  expect(hex(ours ?? new ArrayBuffer(0))).toBe(hex(theirs ?? new ArrayBuffer(1)));
}
