// Numbers, sizes, durations and instants: tables of what they must say.
import { describe, expect, it } from 'vitest';
import * as format from './format';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('where a path or a command may wrap', () => {
  it.each([
    ['/srv/my-shop.db', ['/', 'srv/', 'my-shop.db']],
    ['shop.db', ['shop.db']],
    ["kronos restore x --to '/a b/c.db'", ['kronos', ' ', 'restore', ' ', 'x', ' ', '--to', ' ', "'/", 'a', ' ', 'b/', "c.db'"]],
    ['C:\\data\\shop.db', ['C:\\', 'data\\', 'shop.db']],
    ['one\n  two//', ['one', '\n  ', 'two//']],
    ['', []],
  ])('%j', (text, parts) => {
    expect(format.pieces(text)).toEqual(parts);
    expect(format.pieces(text).join('')).toBe(text);
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [3_100_000, '3.1 MB'],
    [9_960_000, '10 MB'],
    [184_200_000, '184 MB'],
    [999_600, '1.0 MB'],
    [1_100_000_000, '1.1 GB'],
    [5e18, '5000 PB'],
  ])('%d is %s', (value, says) => expect(plain(format.bytes(value))).toBe(says));

  it('puts a narrow no-break space before the unit', () => expect(format.bytes(5)).toBe('5\u202fB'));
  it('never shows more than the total', () => expect(plain(format.bytesOf(12e6, 11e6))).toBe('11 MB of 11 MB'));
  it('shows only what is done without a total', () => expect(plain(format.bytesOf(12e6, null))).toBe('12 MB'));
});

describe('counts', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1 000'],
    [1_204_331, '1 204 331'],
  ])('%d is %s', (value, says) => expect(plain(format.count(value))).toBe(says));

  it.each([
    [0, '0'],
    [9_999, '9 999'],
    [40_112, '40 k'],
    [999_600, '1.0 M'],
    [1_204_331, '1.2 M'],
    [3e9, '3.0 bn'],
  ])('%d in short is %s', (value, says) => expect(plain(format.countShort(value))).toBe(says));

  it('knows one from many', () => {
    expect(plain(format.plural(1, 'table'))).toBe('1 table');
    expect(plain(format.plural(0, 'table'))).toBe('0 tables');
  });
});

describe('durations', () => {
  it.each([
    [0.2, '<1 s'],
    [9, '9 s'],
    [60, '1 min'],
    [245, '4 min 5 s'],
    [7_380, '2 h 3 min'],
  ])('%d s is %s', (value, says) => expect(plain(format.duration(value))).toBe(says));

  it.each([
    [0, 'a few seconds left'],
    [4.9, 'a few seconds left'],
    [5, 'about 5 s left'],
    [19, 'about 20 s left'],
    [57, 'about 60 s left'],
    [58, 'about 1 min left'],
    [89, 'about 1 min left'],
    [240, 'about 4 min left'],
    [3_569, 'about 59 min left'],
    [3_600, 'over 1 h left'],
    [9_000, 'over 2 h left'],
  ])('%d s left is "%s"', (value, says) => expect(plain(format.timeLeft(value))).toBe(says));
});

describe('instants', () => {
  const now = new Date(2026, 10, 22, 14, 0, 0).getTime();
  const before = (seconds: number) => new Date(now - seconds * 1000).toISOString();

  it.each([
    [0, 'just now', 'just now'],
    [50, '1 min ago', '1 minute ago'],
    [360, '6 min ago', '6 minutes ago'],
    [3_600, '1 h ago', '1 hour ago'],
    [22 * 3600, '22 h ago', '22 hours ago'],
    [86_400, '1 d ago', '1 day ago'],
    [6.4 * 86_400, '6 d ago', '6 days ago'],
  ])('%d s before: %s', (seconds, short, long) => {
    expect(plain(format.relative(before(seconds), now))).toBe(short);
    expect(plain(format.relative(before(seconds), now, true))).toBe(long);
  });

  it('is a date after seven days, and in the future', () => {
    expect(format.relative(before(8 * 86_400), now)).toBe('14 Nov 2026 14:00');
    expect(format.relative(before(-3_600), now)).toBe('22 Nov 2026 15:00');
  });
  it('has the exact time', () => expect(format.exact(before(0))).toBe('22 Nov 2026, 14:00:00'));
  it('passes on what is not an instant', () => expect(format.relative('soon', now)).toBe('soon'));
  it('groups by local day', () => {
    expect(format.day(before(0), now)).toBe('Today');
    expect(format.day(before(15 * 3600), now)).toBe('Yesterday');
    expect(format.day(before(40 * 3600), now)).toBe('20 November 2026');
  });
});

describe('names', () => {
  it.each([
    ['/srv/app/shop.db', 'shop'],
    ['C:\\data\\Shop.SQLITE3', 'Shop'],
    ['~/notes', 'notes'],
    ['a.b.sqlite', 'a.b'],
    ['', 'database'],
    ['.db', 'database'],
  ])('%s gives %s', (path, name) => expect(format.nameFromPath(path)).toBe(name));

  it('finds a free name', () => {
    expect(format.freeName('shop', [])).toBe('shop');
    expect(format.freeName('shop', ['shop', 'shop-2'])).toBe('shop-3');
  });

  it('makes marks that turn the text around visible', () => {
    expect(format.visible('abc\u202egnp.exe')).toBe('abc\ufffdgnp.exe');
    expect(format.visible('a\tb\n\u0000')).toBe('a\tb\n\ufffd');
    expect(format.visible('наука – علم')).toBe('наука – علم');
  });
});
