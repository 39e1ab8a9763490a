/** Serves a file that is made of pieces: ranges, conditions, HEAD (RFC 9110), as stored objects are served. */

import { ifRangeHolds } from '../http/conditionals.ts';
import { answerConditions, answerWith, unsatisfiable } from '../http/representation.ts';
import { downloadPolicy } from '../objects/cache-policy.ts';
import type { ObjectSource } from '../objects/objects.ts';
import { parseRange } from '../objects/ranges.ts';
import { bodyOfPieces, type Piece } from './write-pieces.ts';

export type DownloadFile = {
  sizeBytes: number;
  /** Quoted and strong: another one, another file. */
  etag: string;
  contentType: 'video/mp4' | 'audio/mp4';
  /** As people keep it. */
  fileName: string;
  /** Of a range that lies within the file. */
  pieces: (offset: number, length: number) => Iterator<Piece>;
};

/** 200, 206 or 304. Throws AppError `precondition_failed`, `range_not_satisfiable`, `download_unavailable`, `unavailable`. */
export async function serveFile(request: Request, objects: ObjectSource, file: DownloadFile): Promise<Response> {
  const { sizeBytes: size, etag, contentType, fileName } = file;
  const { headers, method } = request;
  const representation = { size, etag, tier: null, policy: downloadPolicy(contentType) };
  const answered = answerConditions(headers, representation);
  if (answered !== null) {
    return answered;
  }
  const isRanged = method === 'GET' && ifRangeHolds(headers, etag);
  const range = isRanged ? parseRange(headers.get('range'), size) : ({ kind: 'none' } as const);
  if (range.kind === 'unsatisfiable') {
    throw unsatisfiable(representation);
  }
  const part = range.kind === 'none' ? undefined : range;
  const { offset, length } = part ?? { offset: 0, length: size };
  const body = method === 'HEAD' ? null : await bodyOfPieces(objects, file.pieces(offset, length), length);
  const response = answerWith(representation, body, part);
  response.headers.set('content-disposition', `attachment; filename="${fileName}"`);
  return response;
}
