/** A part of the report. It is created once and refreshed repeatedly, with the token that is in use then. */
import type { Api } from '../../../client/api.ts';
import type { CallFailure } from './call-failure.ts';

/** `onFailure` is called when a refresh or a download fails. The card keeps showing its old data. */
export type CardSource = { api: Api; assetId: string; onFailure(failure: CallFailure): void };

/** Never rejects. */
export type Card = { refresh(source: CardSource): Promise<void> };
