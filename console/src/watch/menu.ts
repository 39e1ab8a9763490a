/** A menu of the settings: its row says what is chosen, and opens the list. */
import { type Choices, createChoices } from '../choices.ts';
import { element } from '../element.ts';

/** `name` begins the ids of its elements. A menu without a choice is hidden. */
export function createMenu(name: string, onChoose: (value: string) => void): Choices {
  const setting = element(`${name}-setting`, HTMLElement);
  const value = element(`${name}-value`, HTMLElement);
  const choices = createChoices(element(name, HTMLElement), name, onChoose);
  return {
    show(list, chosen) {
      setting.hidden = list.length < 2;
      value.textContent = list.find((choice) => choice.value === chosen)?.label ?? '';
      choices.show(list, chosen);
    },
    mark: choices.mark,
  };
}
