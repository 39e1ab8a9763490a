/** A film with surround sound, a dub, texts and chapters, for the tests of what players make of them. */
import { ffmpeg, words } from '../../system/ffmpeg.ts';
import type { TestSystem } from '../../system/with-system.ts';

/** Of cue times: the second goes on into the next segment of its track, which begins at 30 s. */
export const CUES = [
  { start: 2, end: 4, text: 'first' },
  { start: 28, end: 33, text: 'across' },
] as const;
const TRACKED_SECONDS = 40;
export const TRACKED_FRAMES_PER_SECOND = 12;

const TEXTS = [
  ['subtitles', 'en'],
  ['captions', 'en'],
  ['subtitles', 'fr'],
  ['forced', 'fr'],
] as const;

const clock = (seconds: number): string => `00:00:${String(seconds).padStart(2, '0')}.000`;
const vttOf = (prefix: string): string =>
  `WEBVTT\n${CUES.map(({ start, end, text }) => `\n${clock(start)} --> ${clock(end)}\n${prefix} ${text}\n`).join('')}`;

/** English in 5.1 and French in stereo; noise, of which every channel has another part. */
export async function makeTrackedClip(path: string): Promise<void> {
  const noises = Array.from(
    { length: 6 },
    (_, seed) => `anoisesrc=sample_rate=48000:amplitude=0.1:seed=${seed}[n${seed}]`,
  );
  const joined = `${noises.join(';')};${noises.map((_, seed) => `[n${seed}]`).join('')}join=inputs=6:channel_layout=5.1[surround]`;
  await ffmpeg(
    ...words(`-f lavfi -i testsrc2=size=426x240:rate=${TRACKED_FRAMES_PER_SECOND}`),
    ...words('-f lavfi -i anoisesrc=sample_rate=48000:amplitude=0.1:seed=9'),
    ...['-filter_complex', joined],
    ...words('-map 0:v -map [surround] -map 1:a -metadata:s:a:0 language=eng -metadata:s:a:1 language=fra'),
    ...words(`-t ${TRACKED_SECONDS} -pix_fmt yuv420p -c:v libx264 -preset ultrafast -c:a aac -b:a:1 128k -ac:a:1 2`),
    path,
  );
}

/** Through the API. */
export async function addTracks({ url, apiToken }: TestSystem, id: string): Promise<void> {
  const send = async (method: string, path: string, type: string, body: string): Promise<void> => {
    const headers = { authorization: `Bearer ${apiToken}`, 'content-type': type };
    const response = await fetch(`${url}/v1/assets/${id}/${path}`, { method, headers, body });
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
  };
  for (const [kind, language] of TEXTS) {
    const isDefault = kind === 'subtitles' && language === 'en';
    const query = new URLSearchParams({ kind, language, default: String(isDefault) });
    await send('POST', `tracks?${query}`, 'text/vtt', vttOf(`${language} ${kind}:`));
  }
  const chapters = [
    { start: 0, title: 'One' },
    { start: 20, title: 'Two & <three>' },
  ];
  await send('PUT', 'chapters/en', 'application/json', JSON.stringify({ chapters }));
}
