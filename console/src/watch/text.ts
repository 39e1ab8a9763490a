/** Formats codecs, bit rates and times for viewers. Pure. */

const H264_PROFILES: Readonly<Record<string, string>> = {
  '42': 'Baseline',
  '4d': 'Main',
  '58': 'Extended',
  '64': 'High',
};

/** `avc1.64001f` → `H.264 High 3.1`. Other codec strings stay as they are. */
export function codecText(codec: string): string {
  const avc = /^avc[13]\.([0-9a-f]{2})[0-9a-f]{2}([0-9a-f]{2})$/i.exec(codec);
  const [, profile = '', level = ''] = avc ?? [];
  if (avc === null) {
    return codec;
  }
  const name = H264_PROFILES[profile.toLowerCase()] ?? '';
  return ['H.264', name, (Number.parseInt(level, 16) / 10).toFixed(1)].filter(Boolean).join(' ');
}

export function bitRateText(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6 ? `${(bitsPerSecond / 1e6).toFixed(1)} Mb/s` : `${Math.round(bitsPerSecond / 1e3)} kb/s`;
}

export type BitRate = { average: number; peak: number };

export const bitRatesText = ({ average, peak }: BitRate): string =>
  `${bitRateText(average)}, peak ${bitRateText(peak)}`;

/** Players sum up frames in whole microseconds: 480 of them may end at 39.999999 s. */
const ROUNDING_SECONDS = 0.001;

/** `0:07`, `12:34`, `1:02:03`. */
export function timeText(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds + ROUNDING_SECONDS)) : 0;
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export const secondsText = (seconds: number): string => `${seconds.toFixed(1)} s`;
