/** Cues as a parser finds them: limits, and what is left out. */
import { type Cue, MAX_CUE_LENGTH, MAX_CUES, sortCues, TextError } from './cue.ts';

/** Of one format's parser. `damaged`: cues that were left out, and those with characters that could not be read. */
export type Parsed = { cues: Cue[]; damaged: number };

export class CueList {
  readonly #cues: Cue[] = [];
  #damaged = 0;

  /** A cue that says nothing is no loss; one without duration, or too long to be one, is. Throws at the limit. */
  add(cue: Cue): void {
    if (cue.text === '') {
      return;
    }
    if (!(cue.endMs > cue.startMs) || cue.text.length > MAX_CUE_LENGTH) {
      this.skip();
      return;
    }
    this.#requireRoom();
    this.#cues.push(cue);
  }

  /** Something that should have been a cue. */
  skip(): void {
    this.#requireRoom();
    this.#damaged += 1;
  }

  /** For damaged ones, too: they cost as much to read. */
  #requireRoom(): void {
    if (this.#cues.length + this.#damaged >= MAX_CUES) {
      throw new TextError('text_too_long', `The file has more than ${MAX_CUES.toLocaleString('en')} cues.`);
    }
  }

  finish(): Parsed {
    const unreadable = this.#cues.filter(({ text }) => text.includes('\uFFFD')).length;
    return { cues: sortCues(this.#cues), damaged: this.#damaged + unreadable };
  }
}
