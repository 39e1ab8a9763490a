/** A group of radio buttons: arrow keys, focus and screen readers work as the platform does them. */

type Choice = { value: string; label: string; note?: string; disabled?: boolean };

export type Choices = {
  /** Redraws only what differs, so that focus stays. */
  show(choices: readonly Choice[], chosen: string): void;
  /** Marks the one in effect, which need not be the chosen one (Auto). `null` marks none. */
  mark(value: string | null): void;
};

/** `name` groups the buttons; `onChoose` gets the value that a person picked. */
export function createChoices(root: HTMLElement, name: string, onChoose: (value: string) => void): Choices {
  let drawn = '';
  root.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement) {
      onChoose(target.value);
    }
  });
  const labels = (): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('label')];
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
      for (const label of labels()) {
        label.toggleAttribute('data-current', value !== null && label.dataset['value'] === value);
      }
    },
  };
}

function draw(name: string, { value, label, note, disabled }: Choice): HTMLElement {
  const root = document.createElement('label');
  root.className = 'choice';
  root.dataset['value'] = value;
  const input = document.createElement('input');
  Object.assign(input, { type: 'radio', name, value, disabled: disabled === true });
  const text = document.createElement('span');
  text.className = 'choice-label';
  text.textContent = label;
  root.append(input, text);
  if (note !== undefined) {
    const extra = document.createElement('span');
    extra.className = 'choice-note';
    extra.textContent = note;
    root.append(extra);
  }
  return root;
}
