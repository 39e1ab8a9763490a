/** The front page: takes a playback link to its watch page. */
import '../styles/base.css';
import './home.css';
import { element } from '../element.ts';
import { linkOf, watchPath } from '../watch/address.ts';

const input = element('link', HTMLInputElement);

element('open', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const link = linkOf(input.value);
  if (link === null) {
    element('problem', HTMLElement).textContent = 'That is neither a playback link nor an asset id.';
    return;
  }
  location.assign(watchPath({ link, format: /\.mpd\b/.test(input.value) ? 'dash' : 'hls' }));
});
