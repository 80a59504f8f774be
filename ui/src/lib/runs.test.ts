// What runs say about themselves, and which failures call for attention.
import { describe, expect, it } from 'vitest';
import { ended, fullState, profile, report, run, state } from '../dev/fixtures';
import { attention } from './attention';
import { remedy, sentence, toMarkdown, toReport } from './errors';
import { profileState } from './profiles';
import { counters, errorOf, merge, outcome, percent, phaseSentence, stateOf } from './runs';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('a run', () => {
  it('names its step and its object', () => {
    expect(phaseSentence(run())).toBe('Step 2 of 4: Copying shop.db');
    expect(phaseSentence(run({ phase: 'verifying', step: 4, object: null }))).toBe('Step 4 of 4: Checking the stored backup');
    expect(phaseSentence(run({ state: 'queued', phase: null }))).toMatch(/^Waits/);
    expect(phaseSentence(run({ phase: null }))).toBe('Starting');
    expect(phaseSentence(run({ state: 'cancelling' }))).toMatch(/^Stopping/);
  });

  it('counts bytes, rate and time left', () => {
    expect(counters(run()).map(plain)).toEqual(['412 MB of 1.1 GB', '38 MB/s', 'about 20 s left']);
    expect(counters(run({ rate: null, seconds_left: null })).map(plain)).toEqual(['412 MB of 1.1 GB']);
    expect(counters(run({ state: 'queued' }))).toEqual([]);
  });

  it('hides the time left and says so when nothing moves', () => {
    expect(stateOf(run({ stalled: true })).shape).toBe('stalled');
    expect(counters(run({ stalled: true })).join()).not.toContain('left');
  });

  it('is never at 100 % before it has ended', () => {
    expect(percent(run({ fraction: 0.999 }))).toBe(99);
    expect(percent(run({ fraction: 1 }))).toBe(99);
    expect(percent(ended())).toBe(100);
    expect(percent(run({ fraction: -1 }))).toBe(0);
  });

  it('never goes back', () => {
    expect(merge(run({ fraction: 0.5 }), run({ fraction: 0.4 })).fraction).toBe(0.5);
    expect(merge(run({ fraction: 0.5 }), run({ fraction: 0.6 })).fraction).toBe(0.6);
    expect(merge(ended(), run({ fraction: 0.2 })).state).toBe('succeeded');
  });

  it('tells how it ended', () => {
    const result = { kind: 'backup' as const, backup: 'b', location: 'l', stored_bytes: 184e6, raw_bytes: 6e8, tables: 3, rows: 4, warnings: [] };
    const times = { started_at: '2026-11-22T13:00:00Z', finished_at: '2026-11-22T13:00:09Z' };
    expect(plain(outcome(ended({ ...times, result })))).toBe('`shop` is backed up: 184 MB in 9 s.');
    expect(plain(outcome(ended({ ...times, state: 'warned', result: { ...result, warnings: ['x'] } })))).toContain('1 warning');
    expect(outcome(ended({ state: 'cancelled' }))).toBe('Backup of shop was cancelled. Nothing was changed.');
    expect(outcome(ended({ state: 'failed', error: report() }))).toBe('`orders` was not backed up.');
    const compared = { kind: 'restore' as const, backup: 'b', target: '/r.db', bytes: 9, tables: 1, rows: 1530, warnings: [] };
    expect(plain(outcome(ended({ kind: 'restore', result: compared })))).toBe('`shop` is restored: 1 table, 1 530 rows match the backup.');
  });
});

describe('attention', () => {
  const failed = ended({ id: 'f', profile: 'shop', state: 'failed', error: report() });
  const one = state({ profiles: [profile()] });

  it('shows the last failed backup', () => expect(attention(one, [failed], []).map((card) => card.run)).toEqual(['f']));
  it('is over with the next success', () => expect(attention(one, [ended({ id: 'g' }), failed], [])).toEqual([]));
  it('is not over with a cancel', () =>
    expect(attention(one, [ended({ id: 'g', state: 'cancelled' }), failed], [])).toHaveLength(1));
  it('is not hidden by a later check', () =>
    expect(attention(one, [ended({ id: 'v', kind: 'verify' }), failed], []).map((card) => card.run)).toEqual(['f']));
  it('waits while the next backup is on its way', () => expect(attention(one, [failed], ['shop'])).toEqual([]));
  it('remembers a failure from before the start of the program', () =>
    expect(attention(fullState(), [], []).map((card) => card.profile)).toEqual(['orders']));
  it('shows failed checks and restores until they are put away', () => {
    const [card] = attention(one, [ended({ id: 'r', kind: 'restore', state: 'failed', error: report() })], []);
    expect(card?.dismissable).toBe(true);
  });
  it('explains a run that was cut off', () => {
    const cut = errorOf({ kind: 'backup', state: 'interrupted', error: null }, 'shop');
    expect([cut.what, cut.why, cut.next_step, cut.not_affected].every(Boolean)).toBe(true);
  });
});

describe('errors', () => {
  it.each([
    ['source_missing', 'backup', 'edit'],
    ['permission_denied', 'backup', 'edit'],
    ['storage_full', 'backup', 'storage'],
    ['source_locked', 'backup', 'retry'],
    ['not_supported', 'backup', 'none'],
    ['archive_damaged', 'verify', 'backups'],
    ['target_exists', 'restore', 'restore'],
  ] as const)('%s in a %s leads to %s', (code, kind, way) => expect(remedy(code, kind)).toBe(way));

  it.each([
    ['There is no file `x`', 'There is no file `x`.'],
    ['There is no file `x.db`', 'There is no file `x.db`.'],
    ['It failed (os error 2)', 'It failed (os error 2).'],
    ['It is there.', 'It is there.'],
    ['Wait…', 'Wait…'],
    ['Is it connected?', 'Is it connected?'],
    ['One of these:', 'One of these:'],
    ['Stop!', 'Stop!'],
    [' The disk is full \n', 'The disk is full.'],
    ['', ''],
  ])('%j is the sentence %j', (text, whole) => expect(sentence(text)).toBe(whole));

  it('keeps a report and wraps anything else', () => {
    expect(toReport(report())).toEqual(report());
    expect(toReport('boom')).toMatchObject({ code: 'internal', why: 'boom' });
    expect(toReport(new TypeError('bang')).details).toContain('bang');
  });

  it('copies all five parts', () => {
    const text = toMarkdown(report());
    for (const part of Object.values(report())) expect(text).toContain(part);
  });
});

describe('a database', () => {
  it.each([
    [profile(), undefined, 'Backed up'],
    [profile({ protection: 'never', last_backup: null }), undefined, 'No backup yet'],
    [profile({ protection: 'attention' }), undefined, 'Needs attention'],
    [profile(), run(), 'Running'],
    [profile(), run({ state: 'queued' }), 'Waiting'],
    [profile(), run({ kind: 'verify' }), 'Backed up'],
  ])('says its state', (view, active, word) => expect(profileState(view, active).word).toBe(word));
});
