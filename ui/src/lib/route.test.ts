// Addresses and the keyboard map.
import { describe, expect, it } from 'vitest';
import { action, combination, SHORTCUTS } from './keys';
import { href, parse, PAGES } from './route';

describe('addresses', () => {
  it.each([
    ['', 'home', {}],
    ['#/', 'home', {}],
    ['#/storage', 'storage', {}],
    ['#/backups?id=shop_1', 'backups', { id: 'shop_1' }],
    ['#/nowhere?id=1', 'home', {}],
    ['#/__proto__', 'home', {}],
  ])('%s is %s', (hash, page, params) => expect(parse(hash)).toEqual({ page, params }));

  it('reads what it has written', () => {
    for (const page of PAGES) expect(parse(href(page))).toEqual({ page, params: {} });
    const params = { edit: 'a b&c=ä?#/%\u202e' };
    expect(parse(href('databases', params))).toEqual({ page: 'databases', params });
  });
});

describe('keys', () => {
  const press = (key: string, code = '', more: KeyboardEventInit = {}) =>
    action(new KeyboardEvent('keydown', { key, code, ctrlKey: true, ...more }));

  it.each([
    ['1', 'Digit1', { do: 'page', page: 'home' }],
    ['&', 'Digit1', { do: 'page', page: 'home' }],
    ['6', 'Digit6', { do: 'page', page: 'settings' }],
    ['7', 'Digit7', null],
    [',', 'Comma', { do: 'page', page: 'settings' }],
    ['n', 'KeyN', { do: 'add' }],
    ['o', 'KeyO', { do: 'open' }],
    ['r', 'KeyR', { do: 'refresh' }],
    ['.', 'Period', { do: 'cancel' }],
    ['/', 'Slash', { do: 'shortcuts' }],
    ['c', 'KeyC', null],
    ['b', 'KeyB', null],
  ])('Ctrl+%s (%s)', (key, code, what) => expect(press(key, code)).toEqual(what));

  it('takes Shift where it is part of the shortcut', () => {
    expect(press('B', 'KeyB', { shiftKey: true })).toEqual({ do: 'backup-all' });
    expect(press('?', 'Minus', { shiftKey: true })).toEqual({ do: 'shortcuts' });
    expect(press('N', 'KeyN', { shiftKey: true })).toBeNull();
  });

  it('takes F5 and Alt with the arrow alone', () => {
    expect(press('F5', 'F5', { ctrlKey: false })).toEqual({ do: 'refresh' });
    expect(press('ArrowLeft', 'ArrowLeft', { ctrlKey: false, altKey: true })).toEqual({ do: 'back' });
    expect(press('ArrowLeft', 'ArrowLeft', { ctrlKey: false })).toBeNull();
    expect(press('ArrowLeft', 'ArrowLeft', { altKey: true })).toBeNull();
    expect(combination('Shift', 'B')).toBe('Ctrl+Shift+B');
  });

  it('takes no key without Ctrl, and none with Alt', () => {
    expect(press('1', 'Digit1', { ctrlKey: false })).toBeNull();
    expect(press('1', 'Digit1', { altKey: true })).toBeNull();
  });

  it('lists each shortcut once', () => {
    const says = SHORTCUTS.map((shortcut) => shortcut.says);
    expect(new Set(says).size).toBe(says.length);
  });
});
