/** The API reference: its text is in the page; this filters it. */
import '../styles/base.css';
import '../styles/light.css';
import './docs.css';
import { element } from '../element.ts';

const filter = element('filter', HTMLInputElement);
const sections = [...document.querySelectorAll<HTMLElement>('[data-search]')];

/** A section is shown if it has every word; a group, if it has a section; a link, if its section is shown. */
function show(): void {
  const words = filter.value.toLowerCase().split(/\s+/);
  for (const section of sections) {
    section.hidden = !words.every((word) => section.dataset['search']?.includes(word));
  }
  for (const group of document.querySelectorAll<HTMLElement>('.group')) {
    group.hidden = group.querySelector('[data-search]:not([hidden])') === null;
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>('#contents a')) {
    const item = link.closest('li');
    if (item !== null) {
      item.hidden = document.getElementById(link.hash.slice(1))?.hidden ?? false;
    }
  }
  element('nothing', HTMLElement).hidden = sections.some(({ hidden }) => !hidden);
}

filter.addEventListener('input', show);

// On a narrow page the contents would push the reference out of sight.
element('contents', HTMLDetailsElement).open = matchMedia('(min-width: 60rem)').matches;
