/** Odd sources whose sound is longer, earlier, later, has holes or drifts. */
import type { Random } from '../random.ts';
import type { Heard } from './heard.ts';
import { copyTo, makeFilm, words } from './make-film.ts';
import { held, type OddSource, plain, range } from './odd-source.ts';

export function soundLonger(random: Random): OddSource {
  const { frames } = plain(random);
  const extra = random.whole(5, 150);
  const seconds = (frames + extra) / 25;
  const name = random.pick(['a.mp4', 'a.mkv', 'a.mov']);
  const codec = name === 'a.mkv' ? '-c:a flac' : '-c:a aac';
  return {
    about: `${name}: ${frames} frames, sound for ${extra} more`,
    make: (directory) => makeFilm(directory, name, { frames, sound: seconds, output: words(codec) }),
    ...{ numbers: [...range(0, frames), ...held(frames - 1, extra)], seconds, sound: [{ from: 0, to: seconds }] },
  };
}

export function soundEarlier(random: Random): OddSource {
  const { frames } = plain(random);
  const lead = random.whole(5, 150);
  const seconds = (frames + lead) / 25;
  const name = random.pick(['a.mp4', 'a.mkv']);
  const codec = name === 'a.mkv' ? '-c:a pcm_s16le' : '-c:a aac';
  return {
    about: `${name}: sound for ${lead} frames before ${frames}`,
    make: (directory) =>
      makeFilm(directory, name, { frames, pictureDelay: lead / 25, sound: seconds, output: words(codec) }),
    ...{ numbers: [...held(0, lead), ...range(0, frames)], seconds, sound: [{ from: 0, to: seconds }] },
  };
}

export function soundLate(random: Random): OddSource {
  const delay = random.between(0.2, 9);
  const frames = 300;
  const name = random.pick(['a.mp4', 'a.mkv', 'a.ts']);
  const film = { frames, soundDelay: delay, sound: 12 - delay, output: words('-c:a ac3') };
  return {
    about: `${name}: sound begins at ${delay.toFixed(3)} s`,
    make: (directory) => makeFilm(directory, name, film),
    ...{ numbers: range(0, frames), seconds: 12, sound: [{ from: delay + 0.05, to: 11.9, ahead: -delay }] },
  };
}

/** AAC packets of 1,024 samples. */
const PACKET_SECONDS = 1024 / 48_000;

const LEAST_HELD_SECONDS = 0.1;

/** Packets of sound at other times, when the last of them ends, and what is then heard. */
function soundMoved(about: string, times: string, sound: readonly Heard[], soundSeconds: number): OddSource {
  const seconds = 8;
  // Sound that ends so little after the picture is cut.
  const filmSeconds = soundSeconds > seconds + LEAST_HELD_SECONDS ? soundSeconds : seconds;
  return {
    about,
    make: async (directory) => {
      const path = await makeFilm(directory, 'whole.mp4', { frames: 25 * seconds, output: words('-bf 0') });
      const moved = `setts=ts='(${times.replaceAll('T', '(TS*TB)').replaceAll(',', '\\,')})/TB'`;
      return copyTo(directory, path, 'a.mp4', '-bsf:a', moved);
    },
    ...{ shows: range(0, 25 * seconds), seconds: filmSeconds },
    // The last packet is not measured: whether it is held is a matter of a few milliseconds.
    sound: sound.map((heard) => ({ ...heard, to: Math.min(heard.to, filmSeconds - 2 * PACKET_SECONDS) })),
  };
}

export function soundHoles(random: Random): OddSource {
  const chosen = random.whole(30, 120);
  // Not within the last packets, whose number depends on the encoder's priming.
  const every = Math.floor(8 / PACKET_SECONDS) % chosen < 4 ? chosen + 1 : chosen;
  const gap = random.between(0.006, 0.3);
  const seconds = 8;
  const pieces = Math.floor((seconds / PACKET_SECONDS - 2) / every);
  const starts = range(0, pieces + 1).map((piece) => piece * (every * PACKET_SECONDS + gap));
  const sound = starts.map((start, piece) => ({
    from: Math.max(0, start),
    to: piece === pieces ? seconds + pieces * gap : start + (every - 2) * PACKET_SECONDS,
    ahead: -piece * gap,
  }));
  const long = sound.filter(({ from, to }) => to - from > 0.4);
  return soundMoved(
    `holes of ${gap.toFixed(4)} s every ${every} packets`,
    `T+floor(N/${every})*${gap}`,
    long,
    seconds + pieces * gap,
  );
}

export function soundDrift(random: Random): OddSource {
  const drift = random.pick([-1, 1]) * random.between(0.0005, 0.03);
  const to = 8 * (1 + drift);
  return soundMoved(
    `drift of ${(100 * drift).toFixed(3)} %`,
    `T*${1 + drift}`,
    [{ from: 0, to, rate: 1 / (1 + drift) }],
    to,
  );
}
