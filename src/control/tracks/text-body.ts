/** Bodies of calls that take a file as it is, or JSON that says where it lies. */
import { z } from '@hono/zod-openapi';
import type { HonoRequest } from 'hono';
import { AppError, invalidMember } from '../../errors.ts';

/** Not required: the validator would take any other body for broken JSON. */
export const textBody = <Schema extends z.ZodType>(schema: Schema) => ({
  content: {
    'application/json': { schema },
    '*/*': {
      schema: z.string().openapi({ format: 'binary', description: 'SRT, WebVTT, TTML or ASS, in any common encoding' }),
    },
  },
});

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Null where the body is JSON. Throws where there is none. */
export async function rawBody(request: HonoRequest): Promise<Uint8Array | null> {
  if (JSON_TYPE.test(request.header('content-type') ?? '')) {
    return null;
  }
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength === 0) {
    throw invalidMember('', 'a body is required');
  }
  return bytes;
}

/** The validator has read a body that is JSON; the types of a route do not tell its bodies apart. */
export function givenAsJson<Value>(value: Value | string): Value {
  if (typeof value === 'string') {
    throw new AppError('unsupported_media_type');
  }
  return value;
}
