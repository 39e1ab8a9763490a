/** Multipart uploads of R2 (https://developers.cloudflare.com/r2/platform/limits/). */

/** Of all parts but the last: R2 wants one size. With this one it need not depend on a length, which may not be known yet. */
export const PART_BYTES = 16 * 1024 ** 2;
export const PARTS_MAX = 10_000;
/** What these parts hold, which is the largest source. Written out for docs/limits.md. */
export const MULTIPART_BYTES_MAX = 10_000 * 16 * 1024 ** 2;

/** Code of R2: there is no such multipart upload (any more). */
export const NO_SUCH_UPLOAD = 10_024;
