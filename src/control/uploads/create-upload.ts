/** Creating an upload: by an API token, by a link, or of parts that have been uploaded before. */
import type { z } from 'zod';
import { findUploadLink, type UploadLinkRow } from '../../catalog/upload-links.ts';
import { findUpload, insertUpload, type NewUpload, type UploadRow } from '../../catalog/uploads.ts';
import { AppError, invalidMember } from '../../errors.ts';
import { newUploadId, UPLOAD_ID_LENGTH, UPLOAD_SECRET_LENGTH, uploadCapability, uploadIdOf } from '../../media/ids.ts';
import { sha256Hex } from '../../platform/encodings.ts';
import { derivedId } from '../../platform/random-id.ts';
import { sql } from '../../platform/sql.ts';
import { creatorIdSchema } from '../resources/asset-details.ts';
import { factsOf, sessionOf, throwUnavailable, type UploadEnv } from './append.ts';
import { openedBy } from './capability.ts';
import type { CREATION } from './headers.ts';
import { dispositionName } from './metadata.ts';
import { assetJson, newUpload, type UploadWish } from './new-upload.ts';
import { UPLOAD_BYTES_MAX } from './session/limits.ts';

export type Creation = z.output<typeof CREATION>;
/** `isRepeat`: the same creation has been asked for before, and its answer was lost. */
export type Created = { upload: UploadRow; capability: string; isRepeat: boolean };

export type UploadLink = UploadLinkRow & { token: string };

/** Throws `upload_link_unknown` or `upload_link_expired`. */
export async function findLink(db: D1Database, token: string, nowMs: number): Promise<UploadLink> {
  const id = uploadIdOf(token);
  const link = id === null ? null : await findUploadLink(db, id);
  if (link === null || link.token_hash !== (await sha256Hex(token))) {
    throw new AppError('upload_link_unknown');
  }
  if (link.expires_at <= nowMs) {
    throw new AppError('upload_link_expired');
  }
  return { ...link, token };
}

/** What every creation says of its file. */
function fileOf(creation: Creation, length: number | null, headers: Headers) {
  const metadata = creation['upload-metadata'] ?? new Map<string, string>();
  return {
    length,
    metadata: headers.get('upload-metadata'),
    // `name` and `type` are what Uppy sends.
    fileName:
      metadata.get('filename') ??
      metadata.get('name') ??
      dispositionName(headers.get('content-disposition')) ??
      undefined,
    contentType: metadata.get('filetype') ?? metadata.get('type'),
  };
}

function assetOf(creation: Creation): string | null {
  const text = creation['upload-metadata']?.get('asset');
  try {
    return assetJson(text === undefined ? undefined : JSON.parse(text));
  } catch (error) {
    throw error instanceof AppError ? error : invalidMember('asset', 'is not JSON');
  }
}

function creatorOf(creation: Creation): string | null {
  const creator = creatorIdSchema.nullable().safeParse(creation['upload-metadata']?.get('creatorId') ?? null);
  if (!creator.success) {
    throw invalidMember('creatorId', 'must be one line of 1 to 128 characters');
  }
  return creator.data;
}

/** For a caller with an API token. */
export async function createOwn(
  env: UploadEnv,
  creation: Creation,
  length: number | null,
  headers: Headers,
  nowMs: number,
): Promise<Created> {
  const isPart = creation['upload-concat']?.kind === 'part';
  const wish = {
    id: newUploadId(),
    kind: isPart ? 'part' : 'file',
    max_bytes: UPLOAD_BYTES_MAX,
    asset: isPart ? null : assetOf(creation),
    creator_id: creatorOf(creation),
    ...fileOf(creation, length, headers),
  } as const;
  return await insert(env, wish, uploadCapability(wish.id), nowMs);
}

/** For the holder of a link, which says what becomes of the file. The URL follows from the link, so a call may be repeated. */
export async function createByLink(
  env: UploadEnv,
  link: UploadLink,
  creation: Creation,
  length: number | null,
  headers: Headers,
  nowMs: number,
): Promise<Created> {
  if (creation['upload-concat'] !== undefined) {
    throw invalidMember('upload-concat', 'is not possible by a link, which makes one upload');
  }
  if (creation['upload-metadata']?.has('asset') === true) {
    throw invalidMember('asset', 'is what the link says');
  }
  const { id, max_bytes, max_seconds, asset, creator_id, origins } = link;
  const file = fileOf(creation, length, headers);
  const wish = { id, kind: 'file', max_bytes, max_seconds, asset, creator_id, origins, ...file } as const;
  const secret = await derivedId(`upload of link ${link.token}`, UPLOAD_SECRET_LENGTH);
  return await insert(env, wish, uploadCapability(id, secret), nowMs);
}

/** tus 1.0.0, Concatenation: the URL follows from those of the parts, so a call may be repeated. */
export async function createWhole(
  env: UploadEnv,
  creation: Creation,
  headers: Headers,
  nowMs: number,
): Promise<Created> {
  const concat = creation['upload-concat'];
  if (concat?.kind !== 'whole' || creation['upload-length'] !== undefined) {
    throw invalidMember('upload-length', 'is not sent with a concatenation');
  }
  const capabilities = concat.parts.map((part) => part.capability);
  const parts = await Promise.all(capabilities.map((capability) => openedBy(env.CATALOG, capability)));
  const capability = await derivedId(
    `upload of parts ${capabilities.join(' ')}`,
    UPLOAD_ID_LENGTH + UPLOAD_SECRET_LENGTH,
  );
  const wish = {
    id: capability.slice(0, UPLOAD_ID_LENGTH),
    kind: 'whole',
    max_bytes: UPLOAD_BYTES_MAX,
    asset: assetOf(creation),
    creator_id: creatorOf(creation),
    parts: JSON.stringify(concat.parts.map(({ id }) => id)),
    ...fileOf(creation, null, headers),
  } as const;
  const standing = await findUpload(env.CATALOG, wish.id);
  const length = standing === null ? lengthOfParts(parts) : standing.length;
  const created = await insert(env, { ...wish, length }, capability, nowMs);
  await startConcatenation(env, created.upload);
  return created;
}

/** Throws `invalid_request` for what is no part, `upload_gone` for one that is used, `upload_unfinished` without all its bytes. */
function lengthOfParts(parts: readonly UploadRow[]): number {
  for (const { kind, state } of parts) {
    if (kind !== 'part') {
      throw invalidMember('upload-concat', 'must name uploads that were created with Upload-Concat: partial');
    }
    if (state !== 'finished') {
      throw new AppError(state === 'open' ? 'upload_unfinished' : 'upload_gone');
    }
  }
  return parts.reduce((sum, { length }) => sum + (length ?? 0), 0);
}

/** May be repeated: the object does it once. */
export async function startConcatenation(env: UploadEnv, whole: UploadRow): Promise<void> {
  const ids: string[] = whole.state === 'open' ? JSON.parse(whole.parts ?? '[]') : [];
  const parts = await Promise.all(ids.map((id) => findUpload(env.CATALOG, id)));
  const pieces = parts.flatMap((part) => (part === null ? [] : [{ key: part.key, length: part.length ?? 0 }]));
  if (pieces.length > 0) {
    await sessionOf(env, whole.id).concatenate(factsOf(whole), pieces).catch(throwUnavailable);
  }
}

/** Throws `upload_link_used` where an upload with this id differs from the one that is asked for. */
async function insert(env: UploadEnv, wish: UploadWish, capability: string, nowMs: number): Promise<Created> {
  const row: NewUpload = { ...newUpload(wish, nowMs), capability_hash: await sha256Hex(capability) };
  // The parts of a whole are needed as long as it is.
  const keepParts = sql`UPDATE uploads SET expires_at = ${row.expires_at}
    WHERE id IN (SELECT value FROM json_each(${row.parts ?? '[]'}))`;
  const isNew = await insertUpload(env.CATALOG, row, nowMs, row.parts === null ? [] : [keepParts]);
  const upload = isNew
    ? { ...row, ...BEGINNING, created_at: nowMs, updated_at: nowMs }
    : await findUpload(env.CATALOG, row.id);
  if (upload === null || !(isNew || isSame(upload, row))) {
    throw new AppError('upload_link_used');
  }
  return { upload, capability, isRepeat: !isNew };
}

const BEGINNING = { state: 'open', look: null, error_code: null, error_message: null, finished_at: null } as const;

const isSame = (upload: UploadRow, row: NewUpload): boolean =>
  (upload.state === 'open' || upload.state === 'finished') &&
  upload.capability_hash === row.capability_hash &&
  upload.metadata === row.metadata &&
  upload.file_name === row.file_name &&
  (upload.length === null || row.length === null || upload.length === row.length);
