/** A group of radio buttons. They are native inputs, so that keys, focus and screen readers work as usual. */
import { make } from './make.ts';

type Choice = { value: string; label: string; note?: string; disabled?: boolean };

export type Choices = {
  /** Redraws the buttons only if they have changed, so that the focus stays. */
  show(choices: readonly Choice[], chosen: string): void;
  /** Marks the choice in effect, which differs from the chosen one for Auto. `null` marks none. */
  mark(value: string | null): void;
};

/** `name` groups the buttons. `onChoose` gets the value of the button that a person picks. */
export function createChoices(root: HTMLElement, name: string, onChoose: (value: string) => void): Choices {
  let drawn = '';
  root.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement) {
      onChoose(target.value);
    }
  });
  return {
    show(choices, chosen) {
      const next = JSON.stringify(choices);
      if (next !== drawn) {
        drawn = next;
        root.replaceChildren(...choices.map((choice) => draw(name, choice)));
      }
      for (const input of root.querySelectorAll('input')) {
        input.checked = input.value === chosen;
      }
    },
    mark(value) {
      for (const label of root.querySelectorAll('label')) {
        label.toggleAttribute('data-current', value !== null && label.dataset['value'] === value);
      }
    },
  };
}

function draw(name: string, { value, label, note, disabled = false }: Choice): HTMLElement {
  const input = make('input', { type: 'radio', name, value });
  input.disabled = disabled;
  const notes = note === undefined ? [] : [make('span', { class: 'choice-note' }, note)];
  const text = make('span', { class: 'choice-label', dir: 'auto' }, label);
  return make('label', { class: 'choice', 'data-value': value }, input, text, ...notes);
}
