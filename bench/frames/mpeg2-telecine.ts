/** Marks an MPEG-2 elementary stream of 23.976 fps as soft telecine: every second frame lasts three fields. */
import { copyTo } from './make-film.ts';

const START = Buffer.from([0, 0, 1]);
const EXTENSION = 0xb5;
const SEQUENCE_HEADER = 0xb3;
const SEQUENCE_EXTENSION = 1;
const PICTURE_CODING_EXTENSION = 8;
/** frame_rate_code of 30000/1001 (ISO/IEC 13818-2 table 6-4). */
const RATE_2997 = 4;
const PROGRESSIVE_SEQUENCE = 0x08;
const TOP_FIELD_FIRST = 0x80;
const REPEAT_FIRST_FIELD = 0x02;

/**
 * Changes the bits in place (6.2.2.1, 6.2.2.3, 6.2.3.1): the header's rate is then 29.97, the sequence not progressive, and
 * frames last 3, 2, 3, 2 … fields. Without B-frames, so that the order of the file is that of the screen.
 */
export function repeatFirstFields(stream: Buffer): void {
  let [frames, fields] = [0, 0];
  for (let at = stream.indexOf(START); at >= 0; at = stream.indexOf(START, at + 3)) {
    const code = stream[at + 3];
    const extension = code === EXTENSION ? (stream[at + 4] ?? 0) >> 4 : 0;
    if (code === SEQUENCE_HEADER) {
      stream[at + 7] = ((stream[at + 7] ?? 0) & 0xf0) | RATE_2997;
    } else if (extension === SEQUENCE_EXTENSION) {
      stream[at + 5] = (stream[at + 5] ?? 0) & ~PROGRESSIVE_SEQUENCE;
    } else if (extension === PICTURE_CODING_EXTENSION) {
      const repeats = frames % 2 === 0;
      const flags = (fields % 2 === 0 ? TOP_FIELD_FIRST : 0) | (repeats ? REPEAT_FIRST_FIELD : 0);
      stream[at + 7] = ((stream[at + 7] ?? 0) & ~(TOP_FIELD_FIRST | REPEAT_FIRST_FIELD)) | flags;
      frames += 1;
      fields += repeats ? 3 : 2;
    }
  }
}

/** Such a stream as a transport stream with the times of its frames. */
export async function telecined(directory: string, path: string): Promise<string> {
  // In two steps: for a raw stream, setts writes times of another time base than its TB says.
  const untimed = await copyTo(directory, path, 'untimed.ts', '-bsf:v', 'setts=ts=N*3003');
  const fields = 'floor(N/2)*5+mod(N\\,2)*3';
  const times = `setts=ts='((${fields})*1001/60000+0.5)/TB'`;
  return copyTo(directory, untimed, 'telecined.ts', '-bsf:v', times);
}
