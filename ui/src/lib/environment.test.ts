// The tone of a tag: known words have one, in any case and as part of a longer tag.
import { describe, expect, it } from 'vitest';
import { toneOf } from './environment';

describe('the colour of a tag', () => {
  it.each([
    ['production', 'production'],
    ['PROD (EU)', 'production'],
    ['staging', 'staging'],
    ['qa-2', 'test'],
    ['dev', 'local'],
    ['production test', 'production'],
    ['product', 'other'],
    ['latest', 'other'],
    ['', 'other'],
  ])('%s', (tag, tone) => {
    expect(toneOf(tag)).toBe(tone);
  });
});
