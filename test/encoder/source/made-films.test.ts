/** The rest of the cases: made-films.slow.test.ts. */
import { picture, sound, x264 } from './film.ts';
import { testFilms } from './test-films.ts';

testFilms([
  { name: '25 fps, 48 kHz', input: [...picture('25', 13), ...sound(48_000, 13)], output: x264(50), rate: 25 },
  {
    name: 'frames of different length',
    input: [...picture('30', 10), ...sound(48_000, 10)],
    output: ['-vf', "select='gt(mod(n,7),1)'", '-fps_mode', 'vfr', ...x264(20)],
  },
]);
