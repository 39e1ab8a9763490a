/**
 * The time line: what was played and what is buffered, chapters, and what is below the pointer. A native range input
 * lies over the drawing, so that pointers, keys and screen readers work as usual.
 */
import { element } from '../element.ts';
import { make } from '../make.ts';
import { type Chapter, chapterAt, nextChapterStart } from './chapters.ts';
import { bufferAhead } from './stats.ts';
import { timeText } from './text.ts';

export type TimeLine = {
  showChapters(chapters: readonly Chapter[]): void;
  /** Draws the present position. Call it regularly. */
  show(): void;
  stepChapter(step: -1 | 1): void;
};

const percent = (part: number, whole: number): string => `${whole > 0 ? Math.min(100, (100 * part) / whole) : 0}%`;

export function createTimeLine(video: HTMLVideoElement): TimeLine {
  const track = element('time-track', HTMLElement);
  const ticks = element('time-ticks', HTMLElement);
  const seek = element('seek', HTMLInputElement);
  const tip = element('time-tip', HTMLElement);
  const texts = {
    clock: element('clock', HTMLElement),
    end: element('clock-end', HTMLElement),
    chapter: element('chapter', HTMLElement),
    tipTitle: element('time-tip-title', HTMLElement),
    tipTime: element('time-tip-time', HTMLElement),
  };
  let chapters: readonly Chapter[] = [];
  let drawnDuration = 0;
  /** While a pointer drags the thumb, it shows where playback will go on, not where it is. */
  let isDragged = false;

  const duration = (): number => (Number.isFinite(video.duration) ? video.duration : 0);

  function drawTicks(): void {
    drawnDuration = duration();
    const inside = chapters.filter(({ startSeconds }) => startSeconds > 0 && startSeconds < drawnDuration);
    ticks.replaceChildren(
      ...inside.map(({ startSeconds }) => {
        const tick = make('span', { class: 'time-tick' });
        tick.style.insetInlineStart = percent(startSeconds, drawnDuration);
        return tick;
      }),
    );
  }

  function show(): void {
    const whole = duration();
    const seconds = isDragged ? Number(seek.value) : video.currentTime;
    if (whole !== drawnDuration) {
      seek.max = String(whole);
      texts.end.textContent = timeText(whole);
      drawTicks();
    }
    if (!isDragged) {
      seek.value = String(seconds);
    }
    const title = chapterAt(chapters, seconds)?.title ?? '';
    track.style.setProperty('--played', percent(seconds, whole));
    track.style.setProperty(
      '--buffered',
      percent(video.currentTime + bufferAhead(video.buffered, video.currentTime), whole),
    );
    texts.clock.textContent = timeText(seconds);
    texts.chapter.textContent = title;
    const spoken = [`${timeText(seconds)} of ${timeText(whole)}`, title].filter(Boolean).join(', ');
    if (seek.getAttribute('aria-valuetext') !== spoken) {
      seek.setAttribute('aria-valuetext', spoken);
    }
  }

  /** The tip stays inside the track, however long its title is. */
  function showTip(seconds: number): void {
    texts.tipTime.textContent = timeText(seconds);
    texts.tipTitle.textContent = chapterAt(chapters, seconds)?.title ?? '';
    const half = tip.offsetWidth / 2;
    const at = (track.offsetWidth * seconds) / (duration() || 1);
    tip.style.translate = `${Math.max(half, Math.min(track.offsetWidth - half, at)) - half}px 0`;
  }

  seek.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = track.getBoundingClientRect();
    showTip(Math.max(0, Math.min(1, (clientX - left) / width)) * duration());
  });
  seek.addEventListener('focus', () => showTip(video.currentTime));
  seek.addEventListener('input', () => {
    isDragged = true;
    showTip(Number(seek.value));
    show();
  });
  seek.addEventListener('change', () => {
    isDragged = false;
    video.currentTime = Number(seek.value);
    show();
  });
  // A thumb that is put back where it was causes no `change`. If there is one, it follows in the same task.
  for (const event of ['pointerup', 'pointercancel'] as const) {
    seek.addEventListener(event, () => {
      isDragged = false;
    });
  }
  for (const event of ['timeupdate', 'seeking', 'progress', 'durationchange', 'emptied']) {
    video.addEventListener(event, () => {
      show();
      if (document.activeElement === seek && !seek.matches(':hover')) {
        showTip(video.currentTime);
      }
    });
  }
  return {
    showChapters(next) {
      chapters = next;
      drawTicks();
      show();
    },
    show,
    stepChapter(step) {
      video.currentTime = nextChapterStart(chapters, video.currentTime, step) ?? video.currentTime;
    },
  };
}
