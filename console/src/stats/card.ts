/** A part of the report that is made once and asks again and again, whoever's token it is. */
import type { Api } from '../../../client/api.ts';
import type { CallFailure } from './call-failure.ts';

/** `onFailure`: of a call that a person or the clock has made; the old picture stays. */
export type CardSource = { api: Api; assetId: string; onFailure(failure: CallFailure): void };

/** Never rejects. */
export type Card = { refresh(source: CardSource): Promise<void> };
