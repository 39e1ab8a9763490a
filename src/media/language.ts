/** Languages of tracks. Pure. */
import { z } from 'zod';

/** A canonical BCP 47 tag (RFC 5646) such as `en`, `pt-BR`, `zh-Hant-TW`; presentations of earlier releases have `eng`. */
export const languageSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/);
