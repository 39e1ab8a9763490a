/**
 * Uploads by tus 1.0.0 and by draft-ietf-httpbis-resumable-upload, on the same URLs. A creation needs an API token or a link;
 * after that the upload's URL is its own credential. The router of the API has no HEAD, OPTIONS and such bodies, so these are
 * plain routes; what the OpenAPI document says of them is in transfer-docs.ts.
 */
import { waitUntil } from 'cloudflare:workers';
import type { Context, Next } from 'hono';
import { except } from 'hono/combine';
import { publicOrigin } from '../../access/public-origin.ts';
import type { UploadRow } from '../../catalog/uploads.ts';
import { configOf } from '../../config.ts';
import { AppError, invalidMember } from '../../errors.ts';
import { recordChanges } from '../../http/audit.ts';
import { requireToken } from '../../http/require-token.ts';
import { newRouter } from '../../http/router.ts';
import { uploadIdOf } from '../../media/ids.ts';
import { allowedOrigin, CORS, dialectHeaders, factHeaders, OPTIONS_HEADERS, stateHeaders } from './answer.ts';
import { append, keepAlive, refusalOf, statusOf, throwIfGone, type UploadEnv } from './append.ts';
import { openedBy } from './capability.ts';
import { type Creation, createByLink, createOwn, createWhole, findLink, startConcatenation } from './create-upload.ts';
import { type Dialect, dialectOf, PATCH_TYPES } from './dialect.ts';
import { removeUpload } from './discard-upload.ts';
import { APPEND, bodyBytesOf, CREATION, readHeaders } from './headers.ts';
import { documentTransfers } from './transfer-docs.ts';

type C = Context<{ Bindings: UploadEnv }>;

export const transferRoutes = newRouter<UploadEnv>();

documentTransfers(transferRoutes);

transferRoutes.use('/uploads/:name?', async (c, next) => {
  await next();
  if (methodOf(c) === 'HEAD' && c.res.status >= 500) {
    // Locked: tus-js-client takes any other refusal for the end of the upload, and sends the file again from its start.
    c.res = new Response(null, { status: 423, headers: { 'retry-after': '1' } });
  }
  const fields = { ...dialectHeaders(c.req.raw.headers), ...CORS };
  for (const [name, value] of Object.entries(fields)) {
    if (!c.res.headers.has(name)) {
      c.res.headers.set(name, value);
    }
  }
});

/** tus 1.0.0: clients that cannot send all methods name the one they mean. */
const methodOf = (c: Context): string => (c.req.header('x-http-method-override') ?? c.req.method).toUpperCase();

/** A creation needs one, or a link, whose token is this. */
const linkTokenOf = (c: C): string | undefined => c.req.query('link');
transferRoutes.use(
  '/uploads',
  except(
    (c) => methodOf(c) !== 'POST' || linkTokenOf(c) !== undefined,
    async (c: C, next: Next) => {
      c.set('caller', await requireToken(c.env, c.req.raw, 'uploads:write'));
      await next();
    },
  ),
);

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'];

transferRoutes.on(METHODS, '/uploads', async (c, next) => {
  switch (methodOf(c)) {
    case 'OPTIONS':
      return c.body(null, 204, OPTIONS_HEADERS);
    case 'POST':
      return await create(c);
    default:
      if (c.req.method === 'POST') {
        throw new AppError('method_not_allowed', { headers: { allow: 'POST, OPTIONS' } });
      }
      return await next();
  }
});

const ON_UPLOAD: Readonly<
  Record<string, (c: C, upload: UploadRow, cors: Record<string, string>) => Promise<Response>>
> = { HEAD: tell, PATCH: receive, DELETE: terminate };

transferRoutes.on(METHODS, '/uploads/:name', async (c, next: Next) => {
  const method = methodOf(c);
  if (method === 'OPTIONS') {
    return c.body(null, 204, OPTIONS_HEADERS);
  }
  const name = c.req.param('name');
  const handle = ON_UPLOAD[method];
  // The API has neither of these here.
  const isOnlyOfProtocol = method === 'HEAD' || [method, c.req.method].includes('PATCH');
  const isOfProtocol = isOnlyOfProtocol || c.req.header('tus-resumable') !== undefined;
  // What is no URL of an upload may be one of the API.
  if (handle === undefined || (uploadIdOf(name) === null && !isOfProtocol)) {
    return await next();
  }
  dialectOf(c.req.raw.headers);
  const upload = await openedBy(c.env.CATALOG, name);
  const cors = allowedOrigin(upload.origins, c.req.raw.headers);
  throwIfGone(upload, Date.now());
  return await handle(c, upload, cors);
});

/** What the headers of a creation say of its body. */
function bodyOf({ req: { raw } }: C, creation: Creation, dialect: Dialect) {
  const bytes = bodyBytesOf(raw);
  const complete = creation['upload-complete'];
  if (dialect !== 'tus') {
    if (complete === undefined) {
      throw invalidMember('upload-complete', 'is missing');
    }
    const length = creation['upload-length'] ?? (complete ? bytes : null);
    return { bytes, length, isLast: complete };
  }
  const { 'upload-length': length, 'upload-concat': concat, 'upload-defer-length': isDeferred } = creation;
  if (concat?.kind !== 'whole' && (length === undefined) === (isDeferred === undefined)) {
    throw invalidMember('upload-length', 'must be sent, or Upload-Defer-Length: 1 instead');
  }
  if (bytes !== 0) {
    throwUnlessType(raw, dialect);
  }
  return { bytes, length: length ?? null, isLast: length === 0 };
}

function throwUnlessType({ headers }: Request, dialect: Dialect): void {
  const type = PATCH_TYPES[dialect];
  if (type !== null && headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() !== type) {
    throw new AppError('unsupported_media_type', { detail: `The body must be of type ${type}` });
  }
}

async function create(c: C): Promise<Response> {
  const { headers, body } = c.req.raw;
  const nowMs = Date.now();
  const dialect = dialectOf(headers);
  const token = linkTokenOf(c);
  const link = token === undefined ? null : await findLink(c.env.CATALOG, token, nowMs);
  const cors = allowedOrigin(link?.origins ?? null, headers);
  const creation = readHeaders(CREATION, headers);
  const { bytes, length, isLast } = bodyOf(c, creation, dialect);
  const origin = publicOrigin(configOf(c.env), c.req.url);
  const created =
    link !== null
      ? await createByLink(c.env, link, creation, length, headers, nowMs)
      : creation['upload-concat']?.kind === 'whole'
        ? await createWhole(c.env, creation, headers, nowMs)
        : await createOwn(c.env, creation, length, headers, nowMs);
  const { capability, isRepeat } = created;
  if (link === null && !isRepeat) {
    // By a link, the call that made the link is on record, with this id.
    waitUntil(recordChanges(c, 'createUpload', [{ target: { id: created.upload.id }, assetId: null }]));
  }
  const begins = !isRepeat && created.upload.kind !== 'whole' && (bytes !== 0 || isLast);
  const order = { offset: 0, isLast, ...checksumOf(creation) };
  const { upload, status } = begins
    ? await append(c.env, created.upload, order, bytes === 0 ? null : body, dialect)
    : { upload: created.upload, status: isRepeat ? await statusOf(c.env, created.upload) : NOTHING };
  return c.body(null, 201, {
    location: `${origin}/v1/uploads/${capability}`,
    ...stateHeaders(dialect, upload, status, upload.expires_at),
    ...cors,
  });
}

const NOTHING = { offset: 0, length: null, isStored: false };

const checksumOf = ({ 'upload-checksum': checksum }: Pick<Creation, 'upload-checksum'>) =>
  checksum === undefined ? {} : { checksum };

async function tell(c: C, upload: UploadRow, cors: Record<string, string>): Promise<Response> {
  const dialect = dialectOf(c.req.raw.headers);
  const expiresAt = await keepAlive(c.env, upload, Date.now());
  if (upload.kind === 'whole') {
    await startConcatenation(c.env, upload); // The call that created it may have died in between.
  }
  const status = await statusOf(c.env, upload);
  const fields = {
    ...stateHeaders(dialect, upload, status, expiresAt),
    ...factHeaders(dialect, upload, status),
    ...cors,
  };
  return c.body(null, dialect === 'tus' ? 200 : 204, fields);
}

async function receive(c: C, upload: UploadRow, cors: Record<string, string>): Promise<Response> {
  const { raw } = c.req;
  const dialect = dialectOf(raw.headers);
  throwUnlessType(raw, dialect);
  const told = readHeaders(APPEND, raw.headers);
  const { 'upload-offset': offset, 'upload-length': length, 'upload-complete': complete } = told;
  const bytes = bodyBytesOf(raw);
  if (upload.state !== 'open' || upload.kind === 'whole') {
    const status = await statusOf(c.env, upload);
    if (upload.kind !== 'whole' && offset === status.offset && bytes === 0) {
      return c.body(null, 204, { ...stateHeaders(dialect, upload, status, upload.expires_at), ...cors });
    }
    throw upload.kind === 'whole' ? new AppError('upload_closed') : refusalOf(status, 'ended', offset, dialect);
  }
  const expiresAt = await keepAlive(c.env, upload, Date.now());
  const order = {
    offset,
    ...(length === undefined ? {} : { length }),
    ...(dialect !== 'tus' && complete === true ? { isLast: true } : {}),
    ...checksumOf(told),
  };
  const appended = await append(c.env, upload, order, bytes === 0 ? null : raw.body, dialect);
  return c.body(null, 204, { ...stateHeaders(dialect, appended.upload, appended.status, expiresAt), ...cors });
}

/** tus 1.0.0, Termination. A file that has become a source stays; garbage collection knows when it is needed no more. */
async function terminate(c: C, upload: UploadRow, cors: Record<string, string>): Promise<Response> {
  await removeUpload(c.env, upload);
  return c.body(null, 204, cors);
}
