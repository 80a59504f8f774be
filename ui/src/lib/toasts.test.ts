// Toasts: how many, how long, and what takes their place.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts } from './toasts.svelte';

const way = { label: 'Show why', page: 'home' as const };
const show = (text: string, over = {}) => toasts.show({ shape: 'good', text, ...over });
const texts = () => toasts.list.map(({ text }) => text);
const idOf = (text: string) => toasts.list.find((toast) => toast.text === text)?.id ?? -1;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  toasts.clear();
});

describe('a toast', () => {
  it('goes by itself after six seconds', () => {
    show('a');
    vi.advanceTimersByTime(5_900);
    expect(texts()).toEqual(['a']);
    vi.advanceTimersByTime(200);
    expect(texts()).toEqual([]);
  });

  it('stays while it is being read, and its time starts anew', () => {
    show('a');
    toasts.hold(idOf('a'));
    vi.advanceTimersByTime(60_000);
    expect(texts()).toEqual(['a']);
    toasts.release(idOf('a'));
    vi.advanceTimersByTime(6_000);
    expect(texts()).toEqual([]);
  });

  it('with a way on stays until that page is reached', () => {
    show('a', { way });
    toasts.hold(idOf('a'));
    toasts.release(idOf('a'));
    vi.advanceTimersByTime(600_000);
    toasts.reached('backups');
    expect(texts()).toEqual(['a']);
    toasts.reached('home');
    expect(texts()).toEqual([]);
  });

  it('takes the place of what was said about the same', () => {
    show('failed', { way, about: 'backup shop' });
    show('other', { about: 'backup app' });
    show('done', { about: 'backup shop' });
    expect(texts()).toEqual(['other', 'done']);
    toasts.settled('backup shop');
    expect(texts()).toEqual(['other']);
  });
});

describe('of many toasts', () => {
  it('two are shown, the newest', () => {
    for (const text of ['a', 'b', 'c']) show(text);
    expect(texts()).toEqual(['b', 'c']);
  });

  it('one with a way on is kept longer', () => {
    show('a', { way });
    show('b');
    show('c');
    expect(texts()).toEqual(['a', 'c']);
  });

  it('one that is being read is kept longest', () => {
    show('a');
    toasts.hold(idOf('a'));
    show('b', { way });
    show('c');
    expect(texts()).toEqual(['a', 'c']);
  });
});
