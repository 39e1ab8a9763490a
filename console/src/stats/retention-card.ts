/** Where people stop watching. */
import { element } from '../element.ts';
import { CallError } from './api.ts';
import type { Card } from './card.ts';
import { createPlot } from './plot.ts';
import { retentionPicture, retentionTable } from './retention-picture.ts';
import { retentionOf } from './shapes.ts';
import { createTable } from './table.ts';

export function createRetentionCard(): Card {
  const plot = createPlot('Share of sessions by part');
  const picture = element('retention-picture', HTMLElement);
  const empty = element('retention-empty', HTMLElement);
  const fold = element('retention-table', HTMLDetailsElement);
  const showTable = createTable(fold, 'Sessions by segment');
  picture.replaceChildren(plot.element);
  return {
    async refresh({ api, onFailure }) {
      try {
        const retention = retentionOf(await api.json('/retention'));
        const isEmpty = retention === null || retention.sessions === 0;
        picture.hidden = isEmpty;
        fold.hidden = isEmpty;
        empty.hidden = !isEmpty;
        if (!isEmpty) {
          plot.show(retentionPicture(retention));
          showTable(() => retentionTable(retention));
        }
      } catch (error) {
        onFailure(CallError.of(error));
      }
    },
  };
}
