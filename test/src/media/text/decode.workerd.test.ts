import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../../src/media/text/decode.ts';

/** Bytes of a text in an encoding that TextDecoder reads; TextEncoder writes UTF-8 alone. */
function encode(text: string, encoding: string): Uint8Array {
  const bytesOf = new Map<string, number[]>();
  const learn = (bytes: number[]) => {
    const character = new TextDecoder(encoding).decode(new Uint8Array(bytes));
    if (character.length === 1 && character !== '\uFFFD' && !bytesOf.has(character)) {
      bytesOf.set(character, bytes);
    }
  };
  for (let first = 0; first < 256; first++) {
    learn([first]);
  }
  if (!encoding.startsWith('windows') && !encoding.startsWith('koi8')) {
    for (let pair = 0x8140; pair < 0x10000; pair++) {
      learn([pair >> 8, pair & 0xff]);
    }
  }
  return new Uint8Array([...text].flatMap((character) => bytesOf.get(character) ?? []));
}

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) {
    view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  }
  return new Uint8Array(view.buffer);
}

const FILE = '1\n00:00:01,000 --> 00:00:02,000\n';

describe('the encoding of a text', () => {
  it.each([
    ['windows-1251', 'Привет, как дела? Это было давно. Я не знаю, что ты хочешь.', 'ru'],
    ['koi8-r', 'Привет, как дела? Это было давно. Я не знаю, что ты хочешь.', 'ru'],
    ['windows-1250', 'Cześć, jak się masz? Źle, bardzo źle. Ponieważ nie wiem, co mówisz.', 'pl'],
    ['shift_jis', 'こんにちは、お元気ですか。今日はいい天気ですね。', 'ja'],
    ['euc-kr', '안녕하세요 오늘 날씨가 좋네요', 'ko'],
  ])('is found without the language, and with it: %s', (encoding, text, language) => {
    const bytes = encode(FILE + text, encoding);
    expect(decodeText(bytes)).toEqual({ text: FILE + text, encoding });
    expect(decodeText(bytes, language)).toEqual({ text: FILE + text, encoding });
  });

  it.each([
    ['windows-1252', 'Ça va très bien, merci à tous. “Déjà”', 'fr-CA'],
    ['windows-1256', 'مرحبا كيف حالك اليوم', 'ar'],
    ['windows-1255', 'שלום, מה שלומך היום?', 'he'],
    ['windows-1254', 'Nasılsın, iyi misin? Şey, değil mi ağabey', 'tr'],
    ['gb18030', '你好,今天天气很好。', 'zh-Hans'],
  ])('is found with the language: %s', (encoding, text, language) => {
    expect(decodeText(encode(FILE + text, encoding), language).text).toBe(FILE + text);
  });

  it.each(['Hello, wörld', 'Привет', '你好,今天'])('is UTF-16 with and without a mark: %s', (line) => {
    const text = FILE + line;
    for (const littleEndian of [true, false]) {
      const encoding = littleEndian ? 'utf-16le' : 'utf-16be';
      expect(decodeText(utf16(text, littleEndian))).toEqual({ text, encoding });
      expect(decodeText(utf16(`\uFEFF${text}`, littleEndian))).toEqual({ text, encoding });
    }
  });

  it('is UTF-8, with a mark or broken bytes', () => {
    const bytes = new TextEncoder().encode(`\uFEFF${FILE}Привет, как дела?`);
    expect(decodeText(bytes)).toEqual({ text: `${FILE}Привет, как дела?`, encoding: 'utf-8' });
    // Half of the last letter is gone.
    expect(decodeText(bytes.with(bytes.length - 2, 0x41))).toMatchObject({ encoding: 'utf-8' });
    expect(decodeText(bytes.with(bytes.length - 2, 0x41)).text).toContain('Привет, как дел\uFFFD');
  });

  it('is what an XML file says, unless it is UTF-8', () => {
    const text = '<?xml version="1.0" encoding="windows-1253"?><p>Γειά σου</p>';
    expect(decodeText(encode(text, 'windows-1253'))).toEqual({ text, encoding: 'windows-1253' });
    expect(decodeText(new TextEncoder().encode(text))).toEqual({ text, encoding: 'utf-8' });
    expect(decodeText(encode('<?xml encoding="no-such"?>é', 'windows-1252')).text).toContain('é');
  });

  it('has lines that end one way, and no controls', () => {
    expect(decodeText(new TextEncoder().encode('a\r\nb\rc\0\u001b[2J\u2028d\u202Be\u202C'))).toEqual({
      text: 'a\nb\nc  [2J d\u202Be\u202C',
      encoding: 'utf-8',
    });
  });
});
