/** The retention card: where viewers stop watching. */
import { element } from '../element.ts';
import { callFailureOf } from './call-failure.ts';
import type { Card } from './card.ts';
import { createPlot } from './plot.ts';
import { retentionPicture, retentionTable } from './retention-picture.ts';
import { createTable } from './table.ts';

export function createRetentionCard(): Card {
  const plot = createPlot('Share of sessions by position');
  const picture = element('retention-picture', HTMLElement);
  const empty = element('retention-empty', HTMLElement);
  const fold = element('retention-table', HTMLDetailsElement);
  const showTable = createTable(fold, 'Sessions by segment');
  picture.replaceChildren(plot.element);
  return {
    async refresh({ api, assetId, onFailure }) {
      try {
        const answer = await api.call('GET /assets/{id}/retention', { path: { id: assetId } });
        const { segmentSeconds, sessions, curve } = answer;
        const isEmpty = segmentSeconds === null || sessions === 0;
        picture.hidden = isEmpty;
        fold.hidden = isEmpty;
        empty.hidden = !isEmpty;
        if (!isEmpty) {
          const retention = { segmentSeconds, sessions, curve };
          plot.show(retentionPicture(retention));
          showTable(() => retentionTable(retention));
        }
      } catch (error) {
        onFailure(callFailureOf(error));
      }
    },
  };
}
