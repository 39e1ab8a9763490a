/** The curves and colour spaces of HDR pictures, from the recommendations that define them. Light is in cd/m². Pure. */

export type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

const multiply = ([row0, row1, row2]: Matrix, [a, b, c]: Triple): Triple => [
  row0[0] * a + row0[1] * b + row0[2] * c,
  row1[0] * a + row1[1] * b + row1[2] * c,
  row2[0] * a + row2[1] * b + row2[2] * c,
];

/** BT.2100 table 4: PQ. */
const PQ = {
  m1: 2610 / 16384,
  m2: (2523 / 4096) * 128,
  c1: 3424 / 4096,
  c2: (2413 / 4096) * 32,
  c3: (2392 / 4096) * 32,
};
const PQ_PEAK_NITS = 10_000;

/** Light → PQ code, 0 to 1. */
export function pqOf(nits: number): number {
  const power = (Math.max(0, nits) / PQ_PEAK_NITS) ** PQ.m1;
  return ((PQ.c1 + PQ.c2 * power) / (1 + PQ.c3 * power)) ** PQ.m2;
}

export function pqLight(code: number): number {
  const power = Math.max(0, code) ** (1 / PQ.m2);
  return PQ_PEAK_NITS * (Math.max(0, power - PQ.c1) / (PQ.c2 - PQ.c3 * power)) ** (1 / PQ.m1);
}

/** BT.2100 table 5: HLG, as on the display of 1,000 cd/m² that it is mastered for, whose system gamma is 1.2. */
const HLG = { a: 0.17883277, b: 0.28466892, c: 0.55991073, gamma: 1.2 };
export const HLG_PEAK_NITS = 1000;

const hlgScene = (code: number): number =>
  code <= 0.5 ? code ** 2 / 3 : (Math.exp((code - HLG.c) / HLG.a) + HLG.b) / 12;

/** Luminance of BT.2020 light. */
const LUMA_2020: Triple = [0.2627, 0.678, 0.0593];

export function hlgLight(codes: Triple): Triple {
  const [red, green, blue] = [hlgScene(codes[0]), hlgScene(codes[1]), hlgScene(codes[2])];
  const luminance = LUMA_2020[0] * red + LUMA_2020[1] * green + LUMA_2020[2] * blue;
  const gain = luminance > 0 ? HLG_PEAK_NITS * luminance ** (HLG.gamma - 1) : 0;
  return [gain * red, gain * green, gain * blue];
}

/** By ffmpeg's names of primaries: their light → BT.2020 light. HDR of all other names counts as BT.2020. */
const TO_BT2020: Readonly<Record<string, Matrix>> = {
  bt709: [
    [0.6274039, 0.329283, 0.0433131],
    [0.0690973, 0.9195404, 0.0113623],
    [0.0163914, 0.0880133, 0.8955953],
  ],
  smpte432: [
    [0.753833, 0.1985974, 0.0475696],
    [0.0457438, 0.9417772, 0.0124789],
    [-0.0012103, 0.0176017, 0.9836086],
  ],
};

export function bt2020Light(primaries: string, light: Triple): Triple {
  const matrix = TO_BT2020[primaries];
  return matrix === undefined ? light : multiply(matrix, light);
}

const FROM_BT2020_TO_BT709: Matrix = [
  [1.660491, -0.5876411, -0.0728499],
  [-0.1245505, 1.1328999, -0.0083494],
  [-0.0181508, -0.1005789, 1.1187297],
];

/** BT.2100 table 7 and its inverse: BT.2020 light → light of cones, whose PQ codes → intensity and two colour axes. */
const TO_CONES: Matrix = [
  [1688 / 4096, 2146 / 4096, 262 / 4096],
  [683 / 4096, 2951 / 4096, 462 / 4096],
  [99 / 4096, 309 / 4096, 3688 / 4096],
];
const FROM_CONES: Matrix = [
  [3.4366067, -2.5064521, 0.0698454],
  [-0.7913296, 1.9836005, -0.1922709],
  [-0.0259499, -0.0989137, 1.1248636],
];
const TO_ICTCP: Matrix = [
  [2048 / 4096, 2048 / 4096, 0],
  [6610 / 4096, -13613 / 4096, 7003 / 4096],
  [17933 / 4096, -17390 / 4096, -543 / 4096],
];
const FROM_ICTCP: Matrix = [
  [1, 0.008609, 0.1110296],
  [1, -0.008609, -0.1110296],
  [1, 0.5600313, -0.3206272],
];

export function ictcpOf(bt2020: Triple): Triple {
  const [long, medium, short] = multiply(TO_CONES, bt2020);
  return multiply(TO_ICTCP, [pqOf(long), pqOf(medium), pqOf(short)]);
}

/** BT.709 light. Below 0 or above the display's white where BT.709 does not have the colour. */
export function bt709Light(ictcp: Triple): Triple {
  const [long, medium, short] = multiply(FROM_ICTCP, ictcp);
  return multiply(FROM_BT2020_TO_BT709, multiply(FROM_CONES, [pqLight(long), pqLight(medium), pqLight(short)]));
}
