/** The front page: opens the watch page of a playback link. */
import '../styles/base.css';
import './home.css';
import { element } from '../element.ts';
import { linkOf, watchPath } from '../watch/address.ts';

const input = element('link', HTMLInputElement);

element('open', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const link = linkOf(input.value);
  if (link === null) {
    element('problem', HTMLElement).textContent = 'This is neither a playback link nor an asset id.';
    return;
  }
  location.assign(watchPath({ link, format: /\.mpd\b/.test(input.value) ? 'dash' : 'hls' }));
});
