/** The card of views over time: the choices, two charts, the legend, the table and the downloads. */
import { createChoices } from '../choices.ts';
import { element } from '../element.ts';
import { make } from '../make.ts';
import { callFailureOf } from './call-failure.ts';
import type { Card, CardSource } from './card.ts';
import { download } from './download.ts';
import { groupsOf } from './groups.ts';
import { createPlot } from './plot.ts';
import { pointsOf } from './points.ts';
import { canSplit, RANGES, type Range, SPLITS, type Split, seriesQuery, withoutGaps } from './ranges.ts';
import { isSplit, legendOf, pictureOf, type SplitSeries, tableOf } from './series-pictures.ts';
import { createTable } from './table.ts';

const SPLIT_LABELS: Readonly<Record<Split, string>> = {
  none: 'All',
  country: 'Country',
  device: 'Device',
  rendition: 'Rendition',
};

export function createSeriesCard(): Card {
  let source: CardSource | null = null;
  const [first] = RANGES;
  let range: Range = first as Range;
  let split: Split = 'none';
  let shown = 0;
  const views = createPlot('Views');
  const minutes = createPlot('Minutes watched');
  const legend = element('legend', HTMLElement);
  const pictures = element('series-pictures', HTMLElement);
  const empty = element('series-empty', HTMLElement);
  const fold = element('series-table', HTMLDetailsElement);
  const showTable = createTable(fold, 'Views and minutes over time');
  pictures.replaceChildren(views.element, minutes.element);

  const ranges = createChoices(element('ranges', HTMLElement), 'range', (value) => {
    range = RANGES.find(({ resolution }) => resolution === value) ?? range;
    showChoices();
    void refresh(source);
  });
  const splits = createChoices(element('splits', HTMLElement), 'split', (value) => {
    split = SPLITS.find((candidate) => candidate === value) ?? 'none';
    void refresh(source);
  });
  const splitNow = (): Split => (canSplit(range) ? split : 'none');

  function showChoices(): void {
    ranges.show(
      RANGES.map(({ resolution, label }) => ({ value: resolution, label })),
      range.resolution,
    );
    const disabled = !canSplit(range);
    splits.show(
      SPLITS.map((value) => ({ value, label: SPLIT_LABELS[value], disabled: disabled && value !== 'none' })),
      splitNow(),
    );
  }

  /** An answer is ignored if a newer refresh has begun. */
  async function refresh(from: CardSource | null): Promise<void> {
    if (from === null) {
      return;
    }
    source = from;
    shown += 1;
    const turn = shown;
    try {
      const asked = { range, split: splitNow(), nowMs: Date.now() };
      const answer = await from.api.call('GET /assets/{id}/views', {
        path: { id: from.assetId },
        query: seriesQuery(asked.range, asked.split, asked.nowMs),
      });
      if (turn === shown) {
        const points = withoutGaps(pointsOf(answer), asked.range, asked.nowMs);
        const groups = groupsOf(points, asked.split);
        show({ points, range: asked.range, split: asked.split, groups }, answer.viewSeconds);
      }
    } catch (error) {
      if (turn === shown) {
        from.onFailure(callFailureOf(error));
      }
    }
  }

  function show(series: SplitSeries, viewSeconds: number): void {
    const isEmpty = series.points.every((point) => point.views === 0 && point.minutes === 0);
    pictures.hidden = isEmpty;
    fold.hidden = isEmpty;
    empty.hidden = !isEmpty;
    empty.textContent = `Nothing was watched in the last ${series.range.label}. A session counts as a view after ${viewSeconds} s of media, or after half of a shorter video.`;
    views.show(pictureOf(series, 'views'));
    minutes.show(pictureOf(series, 'minutes'));
    const note =
      isSplit(series, 'views') || series.groups.length === 0
        ? ''
        : 'Views are not split by rendition, because a session may play several of them.';
    legend.replaceChildren(
      ...legendOf(series).map(({ label, text }, index) =>
        make('li', {}, make('span', { class: `swatch layer-${index}` }), make('b', {}, label), ` ${text}`),
      ),
      ...(note === '' ? [] : [make('li', { class: 'legend-note' }, note)]),
    );
    showTable(() => tableOf(series));
  }

  for (const format of ['csv', 'ndjson'] as const) {
    const button = element(`download-${format}`, HTMLButtonElement);
    button.addEventListener('click', async () => {
      const from = source;
      if (from === null) {
        return;
      }
      button.disabled = true;
      try {
        const query = { ...seriesQuery(range, splitNow(), Date.now()), format };
        const open = (signal: AbortSignal) =>
          from.api.open('GET /assets/{id}/views', { path: { id: from.assetId }, query, signal });
        await download(open, `views.${format}`);
      } catch (error) {
        from.onFailure(callFailureOf(error));
      } finally {
        button.disabled = false;
      }
    });
  }
  showChoices();
  return { refresh };
}
