// Home: runs as they go, what failed, and the first backup.
import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { emptyState, ended, fullState, profile, report, run, state } from '../dev/fixtures';
import { session } from '../lib/state.svelte';
import { byId, findId, noId, open, textOf } from './window';

const describedBy = (element: Element) => document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent;
const bar = () => within(byId('run-card-shop')).getByRole('progressbar');

describe('a running backup', () => {
  it('shows step, bytes, rate, time left and a bar', async () => {
    await open('#/home', fullState({ active_runs: [run()] }));
    const card = byId('run-card-shop');
    expect(textOf(card)).toContain('Step 2 of 4: Copying shop.db');
    expect(textOf(card)).toContain('412 MB of 1.1 GB · 38 MB/s · about 20 s left');
    expect(bar().getAttribute('aria-valuenow')).toBe('37');
  });

  it('moves with the events, never goes back, and says each new phase once', async () => {
    const { fake } = await open('#/home', fullState({ active_runs: [run()] }));
    fake.event({ event: 'run_progress', ...run({ fraction: 0.52, bytes_done: 700e6 }) });
    await waitFor(() => expect(bar().getAttribute('aria-valuenow')).toBe('52'));
    expect(byId('announcer').textContent).toBe('shop: 50 %');
    fake.event({ event: 'run_progress', ...run({ fraction: 0.4 }) });
    fake.event({ event: 'run_phase', ...run({ phase: 'storing', step: 3, fraction: 0.4 }) });
    await waitFor(() => expect(byId('announcer').textContent).toBe('shop: Step 3 of 4: Compressing and storing shop.db'));
    expect(bar().getAttribute('aria-valuenow')).toBe('52');
  });

  it('is there at once in a window that is made anew', async () => {
    const first = await open('#/home', fullState({ active_runs: [run()] }));
    first.close();
    session.reset();
    await open('#/home', fullState({ active_runs: [run({ fraction: 0.8 })] }));
    expect(bar().getAttribute('aria-valuenow')).toBe('80');
    expect(screen.queryAllByTestId('toast')).toEqual([]);
  });

  it('has no value while the total is unknown', async () => {
    await open('#/home', fullState({ active_runs: [run({ fraction: 0, bytes_total: null })] }));
    expect(bar().hasAttribute('aria-valuenow')).toBe(false);
  });

  it('says when nothing moves', async () => {
    await open('#/home', fullState({ active_runs: [run({ stalled: true })] }));
    expect(textOf(byId('run-card-shop'))).toContain('No data');
    expect(textOf(byId('run-card-shop'))).not.toContain('left');
  });

  it('can be cancelled, and says so at once', async () => {
    const { fake, user } = await open('#/home', fullState({ active_runs: [run()] }), { run_cancel: () => new Promise(() => undefined) });
    await user.click(byId('run-cancel'));
    expect(textOf(byId('run-cancel'))).toBe('Cancelling…');
    await user.click(byId('run-cancel'));
    expect(fake.of('run_cancel')).toEqual([{ run: 'run-1' }]);
    fake.event({ event: 'run_phase', ...run({ state: 'cancelling' }) });
    await waitFor(() => expect(textOf(byId('run-phase'))).toMatch(/^Stopping/));
    fake.event({ event: 'run_finished', ...ended({ state: 'cancelled' }) });
    await waitFor(() => expect(noId('run-card-shop')).toBeNull());
    expect(textOf(byId('toast'))).toContain('Nothing was changed.');
  });

  it('ends quietly, told once', async () => {
    const { fake } = await open('#/home', fullState({ active_runs: [run()] }));
    const done = ended({ result: { kind: 'backup', backup: 'b', location: '', stored_bytes: 184e6, raw_bytes: 1, tables: 1, rows: 1, warnings: [] } });
    fake.event({ event: 'run_finished', ...done });
    fake.set({ active_runs: [], recent_runs: [done] });
    await waitFor(() => expect(noId('run-card-shop')).toBeNull());
    expect(screen.getAllByTestId('toast')).toHaveLength(1);
    expect(textOf(byId('toast'))).toContain('shop is backed up: 184 MB');
  });

  it('gives three runs a card and lists the others', async () => {
    const runs = ['a', 'b', 'c', 'd', 'e'].map((name) => run({ id: name, profile: name, state: name < 'c' ? 'running' : 'queued' }));
    const { fake, user } = await open('#/home', fullState({ active_runs: runs }));
    expect(screen.getAllByTestId(/^run-card-/)).toHaveLength(3);
    const waiting = within(byId('waiting-runs'));
    expect(waiting.getAllByRole('listitem')).toHaveLength(2);
    await user.click(waiting.getByRole('button', { name: /Cancel.*Backup of e/ }));
    expect(fake.of('run_cancel')).toEqual([{ run: 'e' }]);
  });
});

describe('starting', () => {
  it('answers at once and does not start twice', async () => {
    const { fake, user } = await open('#/home', fullState(), { backup_start: () => new Promise(() => undefined) });
    await user.click(byId('backup-now-app'));
    expect(textOf(byId('backup-now-app'))).toBe('Starting…');
    await user.click(byId('backup-now-app'));
    expect(fake.of('backup_start')).toEqual([{ profiles: ['app'] }]);
  });

  it('keeps the focus on the button while its backup runs', async () => {
    const { user } = await open('#/home', fullState());
    await user.click(byId('backup-now-app'));
    await findId('run-card-app');
    expect(document.activeElement).toBe(byId('backup-now-app'));
    expect(byId('backup-now-app').getAttribute('title')).toContain('waits');
    expect(describedBy(byId('backup-now-app'))).toBe('Its backup waits for its turn');
  });

  it('backs up all', async () => {
    const { fake, user } = await open('#/home', fullState());
    await user.click(byId('backup-all'));
    expect(fake.of('backup_start')).toEqual([{ profiles: [] }]);
  });

  it('tells what waits from what runs', async () => {
    await open('#/home', fullState({ active_runs: [run(), run({ id: 'q', profile: 'app', state: 'queued' })] }));
    expect(textOf(byId('backup-now-shop'))).toBe('Running…');
    expect(textOf(byId('backup-now-app'))).toBe('Waiting…');
  });

  it('shows a refusal in five parts under the heading', async () => {
    const refused = report({ what: '`app` was not started' });
    const { user } = await open('#/home', fullState({ profiles: [profile({ name: 'app' })] }), { backup_start: () => Promise.reject(refused as never) });
    await user.click(byId('backup-now-app'));
    const alert = await screen.findByRole('alert');
    for (const part of [refused.why, refused.next_step, refused.not_affected]) expect(textOf(alert)).toContain((part ?? '').replaceAll('`', ''));
    await user.click(within(alert).getByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the verdict', () => {
  it('shows names without their backticks', async () => {
    await open('#/home', state({ verdict: { level: 'incomplete', sentence: '`large` has no backup yet', last_backup_at: null } }));
    expect(byId('verdict').textContent).toBe('large has no backup yet');
  });
});

describe('the first backup', () => {
  it('takes two clicks: choose, back up', async () => {
    const { fake, user } = await open('#/home', emptyState());
    await user.click(byId('first-path-choose'));
    await user.click(byId('first-backup'));
    expect(fake.of('storage_save')).toEqual([{ original: null, draft: { name: 'backups', path: '/home/ada/Kronos Backups' } }]);
    expect(fake.of('profile_save')).toEqual([
      { original: null, draft: { name: 'shop', engine: 'sqlite', paths: ['/home/ada/code/shop/shop.db'], server: null, storage: null } },
    ]);
    expect(fake.of('backup_start')).toEqual([{ profiles: ['shop'] }]);
    fake.set(fullState({ active_runs: [run()] }));
    await findId('run-card-shop');
    await waitFor(() => expect(document.activeElement?.tagName).toBe('H1'));
  });

  it('takes a pasted path and another folder, and Enter', async () => {
    const { fake, user } = await open('#/home', emptyState());
    await user.click(byId('first-folder-choose'));
    await user.click(byId('first-path'));
    await user.paste('~/notes.sqlite');
    await user.keyboard('{Enter}');
    expect(fake.of('storage_save')[0].draft.path).toBe('/media/ada/T7/kronos');
    expect(fake.of('profile_save')[0].draft).toMatchObject({ name: 'notes', paths: ['~/notes.sqlite'] });
  });

  it('says what is missing and goes there', async () => {
    const { fake, user } = await open('#/home', emptyState());
    await user.click(byId('first-backup'));
    expect(document.activeElement).toBe(byId('first-path'));
    expect(byId('first-path').getAttribute('aria-invalid')).toBe('true');
    expect(fake.calls).toEqual([]);
  });

  it('shows why it could not be saved, and keeps what was typed', async () => {
    const { fake, user } = await open('#/home', emptyState(), {
      profile_save: () => Promise.reject(report({ what: 'It was not saved', code: 'source_missing' }) as never),
    });
    await user.type(byId('first-path'), '~/nothing.db');
    await user.click(byId('first-backup'));
    expect(textOf(await screen.findByRole('alert'))).toContain('It was not saved');
    expect((byId('first-path') as HTMLInputElement).value).toBe('~/nothing.db');
    expect(fake.of('backup_start')).toEqual([]);
  });
});

describe('the first backup with a place already there', () => {
  it('offers the places, the default one first chosen', async () => {
    const { fake, user } = await open('#/home', emptyState({ storages: fullState().storages }));
    expect((byId('first-storage') as HTMLSelectElement).value).toBe('backups');
    await user.selectOptions(byId('first-storage'), 'usb');
    await user.click(byId('first-path-choose'));
    await user.click(byId('first-backup'));
    expect(fake.of('storage_save')).toEqual([]);
    expect(fake.of('profile_save')[0].draft.storage).toBe('usb');
  });
});

describe('a replacement that was interrupted', () => {
  const SAID = 'Replacing `shop` was interrupted earlier; the old database has been put back now, complete';

  it('is told on Home and on Restore until it is put away, also when two say the same', async () => {
    const { user } = await open('#/home', fullState({ settled_swaps: [SAID, SAID] }));
    const told = () => within(byId('settled-swaps')).getAllByRole('listitem').map(textOf);
    expect(told()).toHaveLength(2);
    expect(told()[0]).toContain('Replacing shop was interrupted earlier; the old database has been put back now, complete.');
    const [first] = within(byId('settled-swaps')).getAllByRole('button', { name: /^Dismiss: Replacing shop/ });
    await user.click(first as HTMLElement);
    expect(told()).toHaveLength(1);
    location.hash = '#/restore';
    await findId('drop-area');
    expect(told()).toHaveLength(1);
    await user.click(within(byId('settled-swaps')).getByRole('button'));
    expect(noId('settled-swaps')).toBeNull();
  });

  it('comes with the next picture', async () => {
    const { fake } = await open('#/home', fullState());
    expect(noId('settled-swaps')).toBeNull();
    fake.set({ settled_swaps: [SAID] });
    await findId('settled-swaps');
  });
});
