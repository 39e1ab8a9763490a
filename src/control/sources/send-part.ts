/** Parts of a source on their way from its server to the bucket. */
import { JobFailure } from '../encoding/job-failure.ts';
import { SourceInterrupted, SourceLost, type SourceReader } from './pull-reader.ts';

/** A part of known length is streamed. Throws what the reader throws, or else what the bucket does. */
export async function sendSized(
  upload: R2MultipartUpload,
  number: number,
  reader: SourceReader,
  partBytes: number,
): Promise<R2UploadedPart> {
  const { readable, writable } = new FixedLengthStream(partBytes);
  const [sent, written] = await Promise.allSettled([
    upload.uploadPart(number, readable),
    writeTo(writable.getWriter(), reader, partBytes),
  ]);
  if (written.status === 'rejected' && (sent.status === 'fulfilled' || isOfSource(written.reason))) {
    throw written.reason;
  }
  if (sent.status === 'rejected') {
    throw sent.reason;
  }
  return sent.value;
}

const isOfSource = (error: unknown): boolean =>
  error instanceof SourceInterrupted || error instanceof SourceLost || error instanceof JobFailure;

async function writeTo(writer: WritableStreamDefaultWriter<Uint8Array>, reader: SourceReader, partBytes: number) {
  // `write` rejects too; this promise of its own would be unhandled.
  writer.closed.catch(() => undefined);
  try {
    for (let left = partBytes; left > 0; ) {
      const bytes = await reader.read(left);
      if (bytes === null) {
        throw new SourceLost('the file is shorter than its server said');
      }
      await writer.write(bytes);
      left -= bytes.byteLength;
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
}

/** Null at the end of the file. */
export async function sendUnsized(
  upload: R2MultipartUpload,
  number: number,
  reader: SourceReader,
  partBytes: number,
): Promise<R2UploadedPart | null> {
  const part = new Uint8Array(partBytes);
  let size = 0;
  for (let bytes = await reader.read(partBytes); bytes !== null; bytes = await reader.read(partBytes - size)) {
    part.set(bytes, size);
    size += bytes.byteLength;
    if (size === partBytes) {
      break;
    }
  }
  return size === 0 ? null : upload.uploadPart(number, part.subarray(0, size));
}
