// The badge that a backup earns by being restored as a test. A check of its bytes does not earn it, and it ages.
import type { RestoreTest } from '../bindings/RestoreTest';
import { plural, relative } from './format';
import type { State } from './texts';

const DAY = 86_400_000;

/** How the last restore test of a backup stands now; `null` when it never had one. */
export function tested(test: RestoreTest | undefined, now: number): State | null {
  if (test === undefined) return null;
  if (test.outcome === 'failed') return { shape: 'failed', word: 'Restore test failed' };
  if (now <= Date.parse(test.fresh_until)) return { shape: 'tested', word: 'Restore-tested' };
  return { shape: 'aged', word: `Tested ${plural(Math.floor((now - Date.parse(test.at)) / DAY), 'day')} ago` };
}

/** The same as a sentence: when, and what was compared or why it failed. */
export function testedSentence(test: RestoreTest, now: number): string {
  const age = plural(Math.floor((now - Date.parse(test.at)) / DAY), 'day');
  if (test.outcome === 'failed') return `The restore test ${relative(test.at, now, true)} failed: ${test.sentence}`;
  if (now > Date.parse(test.fresh_until)) return `The last restore test is ${age} old; then it passed: ${test.sentence}`;
  return `Restored as a test ${relative(test.at, now, true)}: ${test.sentence}`;
}
