/**
 * What a user agent says it is: a declared bot, or a device of some class. A few hundred user agents make nearly all
 * requests and the patterns take some 20 µs, so answers are remembered.
 */
import Bowser from 'bowser';
import { createIsbotFromList, list } from 'isbot';
import { LruMap } from '../../platform/lru-map.ts';
import { DEVICE_CLASSES, type DeviceClass } from '../facts.ts';

export type Profile = {
  isBot: boolean;
  /** Index in DEVICE_CLASSES. */
  device: number;
};

/** The longest real ones have about 300 characters; longer ones are judged by their beginning. */
const MAX_LENGTH = 512;
/** At most 1 KB each: 2 MB. A flood of made-up ones only displaces the others. */
const MAX_REMEMBERED = 2048;

/**
 * The library's list without patterns that match a shape instead of a name (`name/1.0` and the like): an app of its own or
 * a native player may look like that, and its users are an audience.
 */
const isName = (pattern: string): boolean => !pattern.startsWith('^') || /[a-z]{2}/i.test(pattern.replace(/\\./g, ''));
const declaresBot = createIsbotFromList(list.filter(isName));
/** HTTP libraries on that list which the players of apps fetch with. */
const PLAYERS = /okhttp|GStreamer/i;

/** What the library takes for another class, or does not know: consoles, televisions and what is plugged into them. */
const CLASSES: readonly (readonly [DeviceClass, RegExp])[] = [
  ['console', /PlayStation|\bXbox\b|Nintendo/i],
  [
    'tv',
    /Apple ?TV|\bAFT[A-Z]|BRAVIA|Web0S|WebOS.TV|Tizen.*\bTV\b|HbbTV|CrKey|Chromecast|Google ?TV|Android ?TV|SHIELD Android/i,
  ],
  ['desktop', /\bCrOS\b/],
];

function classOf(userAgent: string): DeviceClass {
  const known = CLASSES.find(([, pattern]) => pattern.test(userAgent));
  if (known !== undefined) {
    return known[0];
  }
  // It refuses an empty one. Told to skip parsing, it reads the platform alone, not browser and engine.
  const platform: string | undefined = userAgent === '' ? '' : Bowser.getParser(userAgent, true).getPlatformType();
  return DEVICE_CLASSES.find((device) => device === platform) ?? 'other';
}

const remembered = new LruMap<string, Profile>(MAX_REMEMBERED);

/** Of the header as it came, or '' without one. */
export function profileOf(userAgent: string): Profile {
  const judged = userAgent.slice(0, MAX_LENGTH);
  const profile = remembered.get(judged) ?? {
    isBot: declaresBot(judged) && !PLAYERS.test(judged),
    device: DEVICE_CLASSES.indexOf(classOf(judged)),
  };
  remembered.set(judged, profile);
  return profile;
}
