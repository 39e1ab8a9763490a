/** The panel of menus over the picture: opens and closes. Its menus are native `details`, of which one is open. */
import { element } from '../element.ts';

export function createSettingsPanel(): void {
  const panel = element('settings', HTMLElement);
  const button = element('settings-button', HTMLButtonElement);
  const set = (isOpen: boolean): void => {
    panel.hidden = !isOpen;
    button.ariaExpanded = String(isOpen);
  };
  button.addEventListener('click', () => {
    set(panel.hidden !== false);
    // The next Tab or arrow is then inside.
    panel.querySelector<HTMLElement>('details:not([hidden]) > summary')?.focus({ preventScroll: true });
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && panel.hidden === false) {
      set(false);
      button.focus();
    }
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !panel.contains(target) && !button.contains(target)) {
      set(false);
    }
  });
}
