/** Bodies cut, writers replaced and objects evicted at random, against what a client knows. */
import { evictDurableObject } from 'cloudflare:test';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, expectStored, MIB, newUpload, openBody, type Upload } from './session-fixture.ts';

/** Around the end of the first part. */
const FROM = 16 * MIB - 300_000;
const FILM = bytesOf(FROM + 900_000);

type Step = { bytes: number; end: 'end' | 'cut' | 'status' | 'newer' };

const steps = fc.array(
  fc.record<Step>({
    bytes: fc.integer({ min: 0, max: 300_000 }),
    end: fc.constantFrom('end', 'cut', 'status', 'newer'),
  }),
  { minLength: 3, maxLength: 8 },
);

/** Sends some bytes at the offset that the object tells, and ends it in some way. Returns what is acknowledged for sure. */
async function step(upload: Upload, offset: number, { bytes, end }: Step): Promise<number> {
  const body = openBody();
  const sent = FILM.slice(offset, offset + bytes);
  const appended = upload.append(offset, body.body);
  await body.send(sent).catch(() => {});
  if (end === 'end') {
    await body.end();
    return (await appended).offset;
  }
  if (end === 'status') {
    await upload.status();
  } else if (end === 'newer') {
    await upload.append(offset, null);
  }
  await body.cut();
  await appended.catch(() => {});
  return offset;
}

test('no acknowledged byte is lost, and the film is the film', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 7 }), async (taken, evictAt) => {
      const upload = newUpload({ length: FILM.length });
      let offset = (await upload.append(0, FILM.slice(0, FROM))).offset;
      for (const [index, each] of taken.entries()) {
        const acknowledged = await step(upload, offset, each);
        if (index === evictAt) {
          await evictDurableObject(upload.object);
        }
        const { offset: now } = await upload.status();
        expect(now).toBeGreaterThanOrEqual(acknowledged);
        expect(now).toBeLessThanOrEqual(offset + each.bytes);
        offset = now;
      }
      if (!(await upload.status()).isStored) {
        await upload.append(offset, FILM.slice(offset));
      }
      await expectStored(upload, FILM);
    }),
    { numRuns: 3 },
  );
});
