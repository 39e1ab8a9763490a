/**
 * HDR light → SDR codes: the EETF of Report ITU-R BT.2390 on the intensity of ICtCp, for an SDR display whose white is the
 * reference white of HDR; then into BT.709 at a constant hue. Why this method: docs/architecture/hdr.md. Pure.
 */
import { bt709Light, HLG_PEAK_NITS, ictcpOf, pqOf, type Triple } from './hdr-colour.ts';

/**
 * HDR reference white (Report ITU-R BT.2408). SDR white stands for it, so whatever is darker than the knee keeps its light
 * relative to white.
 */
const WHITE_NITS = 203;
const WHITE_CODE = pqOf(WHITE_NITS);
/** 18 % grey under that white (BT.2408). */
const GREY_CODE = pqOf(26);
/** BT.1886 with a black of 0. */
const SDR_GAMMA = 2.4;

/** Most HDR is mastered for 1,000 cd/m², and HLG always. */
const DEFAULT_PEAK_NITS = HLG_PEAK_NITS;
/**
 * A film that declares less is either so dark that the curve of the default peak leaves it as it is (its knee is at 88), or
 * declares something wrong.
 */
const LEAST_PEAK_NITS = 100;
/** The brightest display in use for mastering. Files with 10,000 name the limit of PQ, not of their picture. */
const MAX_PEAK_NITS = 4000;

/** `declared`: what the source says of its brightest pixel. */
export const peakFor = (declared: number | undefined): number =>
  declared === undefined || declared < LEAST_PEAK_NITS ? DEFAULT_PEAK_NITS : Math.min(declared, MAX_PEAK_NITS);

/** BT.2390, 5.4.1, with blacks of 0: the PQ code of an intensity → its code on the SDR display. */
function eetf(code: number, peakCode: number): number {
  if (peakCode <= WHITE_CODE) {
    return Math.min(code, WHITE_CODE);
  }
  const max = WHITE_CODE / peakCode;
  const knee = 1.5 * max - 0.5;
  const input = Math.min(1, code / peakCode);
  if (input < knee) {
    return code;
  }
  const t = (input - knee) / (1 - knee);
  const hermite =
    (2 * t ** 3 - 3 * t ** 2 + 1) * knee + (t ** 3 - 2 * t ** 2 + t) * (1 - knee) + (3 * t ** 2 - 2 * t ** 3) * max;
  return peakCode * hermite;
}

/** BT.2390: colour fades with the intensity, at a constant hue. */
function compressed(ictcp: Triple, peakCode: number): Triple {
  const [intensity, ct, cp] = ictcp;
  if (intensity <= 0) {
    return [0, 0, 0];
  }
  const mapped = eetf(intensity, peakCode);
  const fade = mapped / intensity;
  return [mapped, ct * fade, cp * fade];
}

/** What rounding of the matrices moves a grey by, as a share of white. */
const TOLERANCE = 1e-4;
/** To less than a step of eight bits. */
const HALVINGS = 10;

const fits = (light: Triple): boolean =>
  light.every((value) => value >= -TOLERANCE * WHITE_NITS && value <= (1 + TOLERANCE) * WHITE_NITS);

/**
 * A colour outside BT.709 moves on a straight line to a grey until it is inside. The grey of its own intensity would bleach
 * bright lights, one that is much darker would put holes into them: half way to 18 % grey keeps both colour and glow.
 */
function intoBt709(ictcp: Triple): Triple {
  const light = bt709Light(ictcp);
  if (fits(light)) {
    return light;
  }
  const [intensity, ct, cp] = ictcp;
  const grey = intensity > GREY_CODE ? (intensity + GREY_CODE) / 2 : intensity;
  const at = (share: number): Triple =>
    bt709Light([intensity + (grey - intensity) * share, ct * (1 - share), cp * (1 - share)]);
  let outside = 0;
  let inside = 1;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (outside + inside) / 2;
    if (fits(at(middle))) {
      inside = middle;
    } else {
      outside = middle;
    }
  }
  return at(inside);
}

const sdrCode = (nits: number): number => Math.min(1, Math.max(0, nits / WHITE_NITS)) ** (1 / SDR_GAMMA);

/** BT.2020 light → R'G'B' of BT.709, 0 to 1. */
export function sdrCodes(light: Triple, peakNits: number): Triple {
  const [red, green, blue] = intoBt709(compressed(ictcpOf(light), pqOf(peakNits)));
  return [sdrCode(red), sdrCode(green), sdrCode(blue)];
}
