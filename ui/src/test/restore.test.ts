// Restore: from the choice of a backup to the result.
import { cleanup, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { backup, details, ended, fullState, report, run } from '../dev/fixtures';
import { session } from '../lib/state.svelte';
import { byId, findId, noId, open, textOf } from './window';

const value = (id: string) => (byId(id) as HTMLInputElement).value;

describe('a restore', () => {
  it('goes from the drawer to the inside of that backup', async () => {
    const { user } = await open('#/backups?id=orders_11', fullState());
    await user.click(await findId('drawer-restore'));
    await waitFor(() => expect(textOf(byId('inside-title'))).toContain('orders'));
    await waitFor(() => expect(noId('drawer')).toBeNull());
    await waitFor(() => expect(value('restore-target')).toBe('/home/ada/orders_restored.db'));
  });

  it('begins with the newest good backup of each database, or with a file', async () => {
    const { fake, user } = await open('#/restore', fullState());
    const rows = within(await findId('recent-backups')).getAllByRole('listitem');
    expect(rows.map(({ dataset }) => dataset.testid)).toEqual(['restore-backup-shop_0', 'restore-backup-app_1', 'restore-backup-orders_2']);
    await user.click(within(byId('restore-backup-app_1')).getByRole('link'));
    await waitFor(() => expect(value('restore-target')).toBe('/home/ada/app_restored.db'));
    expect(fake.of('restore_start')).toEqual([]);
    await user.click(byId('inside-back'));
    await user.click(await findId('choose-folder'));
    await waitFor(() => expect(location.hash).toBe('#/restore?file=2'));
  });

  it('checks the target while typing and starts', async () => {
    const { fake, user } = await open('#/restore?backup=shop_0', fullState());
    await findId('restore-fine');
    await user.clear(byId('restore-target'));
    await user.type(byId('restore-target'), '~/mine.db');
    await findId('restore-fine');
    expect(fake.of('restore_check').length).toBeLessThan(4);
    expect(textOf(byId('restore-start'))).toBe('Restore to mine.db');
    await user.click(byId('restore-start'));
    expect(fake.of('restore_start')).toEqual([{ draft: { backup: 'shop_0', database: null, target: '~/mine.db', profile: null } }]);
    await findId('run-card-shop');
  });

  it('does not start to a target that is refused, and says why beside it', async () => {
    const { fake, user } = await open('#/restore?backup=shop_0', fullState(), {
      restore_check: () => Promise.reject(report({ why: 'A file named `a.db` exists already.' }) as never),
    });
    await waitFor(() => expect(byId('restore-target').getAttribute('aria-invalid')).toBe('true'));
    expect(textOf(byId('restore-form'))).toContain('A file named a.db exists already.');
    await user.click(byId('restore-start'));
    expect(fake.of('restore_start')).toEqual([]);
  });

  it('asks which database when there are several', async () => {
    const two = details();
    two.units = ['one.db', 'two.db'].map((name) => ({ ...two.units[0], name }) as (typeof two.units)[0]);
    two.suggested_targets = ['/r/one.db', '/r/two.db'];
    const { fake, user } = await open('#/restore?backup=shop_0', fullState(), { backup_details: () => two });
    await user.selectOptions(await findId('restore-unit'), 'two.db');
    expect(value('restore-target')).toBe('/r/two.db');
    await findId('restore-fine');
    await user.click(byId('restore-start'));
    expect(fake.of('restore_start')[0].draft).toMatchObject({ database: 'two.db', target: '/r/two.db' });
  });

  it('shows the result, with tables and rows, and opens its folder', async () => {
    const { fake, user } = await open('#/restore', fullState({ active_runs: [run({ id: 'r', kind: 'restore' })] }));
    expect(noId('restore-result')).toBeNull();
    const result = { kind: 'restore' as const, backup: 'b', target: '/home/ada/a.db', bytes: 610e6, tables: 42, rows: 1_204_331, warnings: [] };
    fake.event({ event: 'run_finished', ...ended({ id: 'r', kind: 'restore', result }) });
    const card = await findId('restore-result');
    expect(textOf(card)).toContain('shop is restored');
    expect(textOf(byId('restored-facts'))).toBe('42 tables, 1 204 331 rows match the backup. 610 MB');
    expect(byId('restored-path').textContent).toBe('/home/ada/a.db');
    await user.click(within(card).getByRole('button', { name: 'Copy path' }));
    expect(await navigator.clipboard.readText()).toBe('/home/ada/a.db');
    await user.click(byId('reveal-restored'));
    expect(fake.of('reveal_restored')).toEqual([{ run: 'r' }]);
    await user.click(within(card).getByRole('button', { name: 'Dismiss' }));
    expect(noId('restore-result')).toBeNull();
  });

  it('is shown in a window that is made anew: while it runs, and after', async () => {
    await open('#/restore', fullState({ active_runs: [run({ id: 'r', kind: 'restore', backup: 'shop_3', phase: 'loading' })] }));
    await findId('run-card-shop');
    cleanup();
    session.reset();
    const result = { kind: 'restore' as const, backup: 'shop_3', target: '/home/ada/a.db', bytes: 9, tables: 4, rows: 1530, warnings: [] };
    const recent_runs = [ended({ id: 'r', kind: 'restore', backup: 'shop_3', result })];
    await open('#/restore', fullState({ recent_runs }));
    expect(textOf(await findId('restored-facts'))).toContain('4 tables, 1 530 rows match the backup.');
    expect(noId('toast')).toBeNull();
    cleanup();
    session.reset();
    await open('#/restore?backup=shop_3', fullState({ recent_runs }));
    await findId('restored-facts');
    cleanup();
    session.reset();
    await open('#/restore?backup=shop_0', fullState({ recent_runs }));
    await findId('restore-fine');
    expect(noId('restored-facts')).toBeNull();
  });

  it('looks again once a restore of this backup has ended: the proposed file is taken now', async () => {
    let made = false;
    const { fake, user } = await open('#/restore?backup=shop_0', fullState(), {
      backup_details: ({ id }) => ({ ...details({ id }), suggested_targets: [made ? '/home/ada/shop_restored-2.db' : '/home/ada/shop_restored.db'] }),
    });
    await findId('restore-fine');
    await user.click(byId('restore-start'));
    const id = (await findId('run-card-shop')).dataset.run ?? '';
    expect(byId('restore-start').getAttribute('title')).toBe('A restore waits for its turn');
    made = true;
    const checks = fake.of('restore_check').length;
    const result = { kind: 'restore' as const, backup: 'shop_0', target: '/home/ada/shop_restored.db', bytes: 9, tables: 4, rows: 9, warnings: [] };
    fake.event({ event: 'run_finished', ...ended({ id, kind: 'restore', backup: 'shop_0', result }) });
    await waitFor(() => expect(noId('restore-fine')).toBeNull());
    await waitFor(() => expect(textOf(byId('restore-start'))).toBe('Restore to shop_restored-2.db'));
    await findId('restore-fine');
    expect(fake.of('restore_check')).toHaveLength(checks + 1);
  });

  it('keeps a typed file after a failure, and checks it again', async () => {
    const { fake, user } = await open('#/restore?backup=shop_0', fullState());
    await findId('restore-fine');
    await user.clear(byId('restore-target'));
    await user.type(byId('restore-target'), '~/mine.db');
    await findId('restore-fine');
    await user.click(byId('restore-start'));
    const id = (await findId('run-card-shop')).dataset.run ?? '';
    fake.answers.restore_check = () => Promise.reject(report({ why: 'The disk is full.' }) as never);
    fake.event({ event: 'run_finished', ...ended({ id, kind: 'restore', backup: 'shop_0', state: 'failed', error: report() }) });
    await waitFor(() => expect(textOf(byId('restore-form'))).toContain('The disk is full.'));
    expect(noId('restore-fine')).toBeNull();
    expect(value('restore-target')).toBe('~/mine.db');
  });

  it('says why when a backup cannot be looked into, and can look again', async () => {
    const { fake, user } = await open('#/restore?backup=shop_0', fullState(), { backup_details: () => Promise.reject(report({ what: 'Not readable' }) as never) });
    await user.click(await findId('restore-look-again'));
    await waitFor(() => expect(textOf(byId('error'))).toContain('Not readable'));
    expect(noId('restore-start')).toBeNull();
    delete fake.answers.backup_details;
    await user.click(byId('restore-look-again'));
    await findId('restore-fine');
    expect(noId('restore-look-again')).toBeNull();
  });

  it('offers only what was checked, and says why the others are not', async () => {
    const rows = (['verified', 'damaged', 'unreachable', 'unreachable'] as const).map((status, index) => backup({ id: `b${index}`, status }));
    await open('#/restore', fullState(), {}, rows);
    expect(textOf(await findId('restore-hidden'))).toBe('Not offered: 1 damaged, 2 whose storage cannot be reached now.');
    expect(within(byId('recent-backups')).getAllByRole('listitem')).toHaveLength(1);
    cleanup();
    session.reset();
    await open('#/restore?backup=b1', fullState(), {}, rows);
    await findId('inside-contents');
    expect(noId('restore-form')).toBeNull();
  });

  it('that failed keeps the choices', async () => {
    const { fake, user } = await open('#/restore?backup=shop_3', fullState());
    await findId('restore-fine');
    await user.type(byId('restore-target'), 'x');
    fake.event({ event: 'run_finished', ...ended({ id: 'r', kind: 'restore', backup: 'shop_3', state: 'failed', error: report({ what: '`shop` was not restored' }) }) });
    expect(textOf(await findId('restore-result'))).toContain('shop was not restored');
    expect(value('restore-target')).toBe('/home/ada/shop_restored.dbx');
  });
});
