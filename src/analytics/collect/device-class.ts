/**
 * What a user agent says it is: a declared bot, or a device of some class. Remembered by user agent, since a few hundred
 * of them make nearly all requests, and the patterns take some 20 µs.
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

/** The longest real ones have about 300 characters; what is longer is judged by its beginning. */
const MAX_LENGTH = 512;
/** At most 1 KB each: 2 MB. A flood of made-up ones turns this over, and no more. */
const MAX_REMEMBERED = 2048;

/**
 * The library's list without what is no name but a shape (`name/1.0` and the like): an app of its own, or a native player,
 * declares nothing by looking so, and is an audience.
 */
const isName = (pattern: string): boolean => !pattern.startsWith('^') || /[a-z]{2}/i.test(pattern.replace(/\\./g, ''));
const declaresBot = createIsbotFromList(list.filter(isName));
/** HTTP libraries that the players of apps fetch with, which are on that list. */
const PLAYERS = /okhttp|GStreamer/i;

/** Consoles are desktops or televisions to the library, where it knows them. */
const CONSOLES = /PlayStation|\bXbox\b|Nintendo/i;
/** Televisions and what is plugged into them, which to the library are tablets, desktops, or nothing it knows. */
const TELEVISIONS =
  /Apple ?TV|\bAFT[A-Z]|BRAVIA|Web0S|WebOS.TV|Tizen.*\bTV\b|HbbTV|CrKey|Chromecast|Google ?TV|Android ?TV|SHIELD Android/i;
const DESKTOPS = /\bCrOS\b/;

const KNOWN_CLASSES: ReadonlySet<string> = new Set(DEVICE_CLASSES);
const isKnown = (name: string | undefined): name is DeviceClass => name !== undefined && KNOWN_CLASSES.has(name);

function classOf(userAgent: string): DeviceClass {
  if (CONSOLES.test(userAgent)) {
    return 'console';
  }
  if (TELEVISIONS.test(userAgent)) {
    return 'tv';
  }
  if (DESKTOPS.test(userAgent)) {
    return 'desktop';
  }
  // Parses only what is asked for: browser and engine are nobody's business here.
  const platform: string | undefined = Bowser.getParser(userAgent, true).getPlatformType();
  return isKnown(platform) ? platform : 'other';
}

const indexOf = (device: DeviceClass): number => DEVICE_CLASSES.indexOf(device);

/** Who declares nothing is no declared bot. */
const UNDECLARED: Profile = { isBot: false, device: indexOf('other') };

function judge(userAgent: string): Profile {
  if (userAgent === '') {
    return UNDECLARED;
  }
  return { isBot: declaresBot(userAgent) && !PLAYERS.test(userAgent), device: indexOf(classOf(userAgent)) };
}

const remembered = new LruMap<string, Profile>(MAX_REMEMBERED);

/** Of the header as it came, or '' where there was none. */
export function profileOf(userAgent: string): Profile {
  const judged = userAgent.slice(0, MAX_LENGTH);
  let profile = remembered.get(judged);
  if (profile === undefined) {
    profile = judge(judged);
    remembered.set(judged, profile);
  }
  return profile;
}
