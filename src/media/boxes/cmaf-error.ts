/** The one error of the CMAF readers: bytes that are not what ISO/IEC 14496-12 or our own profile of it allows. */

/** `truncated`: more bytes would be needed. `malformed`: breaks the format. `unsupported`: legal, but not what we make. */
export type CmafErrorCode = 'truncated' | 'malformed' | 'unsupported';

export class CmafError extends Error {
  readonly code: CmafErrorCode;

  constructor(code: CmafErrorCode, message: string) {
    super(message);
    this.name = 'CmafError';
    this.code = code;
  }
}
