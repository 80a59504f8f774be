// Backups: the catalogue and the drawer.
import { cleanup, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { backup, catalogueOf, details, ended, fullState, report, run } from '../dev/fixtures';
import { session } from '../lib/state.svelte';
import { byId, findId, noId, open, textOf } from './window';

describe('the catalogue', () => {
  it('filters by database and by state', async () => {
    const { user } = await open('#/backups', fullState());
    await findId('backup-row-shop_0');
    await user.selectOptions(byId('filter-profile'), 'app');
    expect(screen.getAllByTestId(/^backup-row-/)).toHaveLength(5);
    await user.selectOptions(byId('filter-status'), 'damaged');
    expect(screen.getAllByTestId(/^backup-row-/).map((row) => row.dataset.testid)).toEqual(['backup-row-app_4']);
    await user.selectOptions(byId('filter-status'), 'missing');
    await user.selectOptions(byId('filter-profile'), 'shop');
    await user.click(screen.getByRole('button', { name: 'Show all backups' }));
    expect(screen.getAllByTestId(/^backup-row-/)).toHaveLength(14);
  });

  it('shows a hundred, then more', async () => {
    const { user } = await open('#/backups', fullState(), {}, catalogueOf(230));
    await waitFor(() => expect(screen.getAllByTestId(/^backup-row-/)).toHaveLength(100));
    await user.click(byId('backups-more'));
    expect(screen.getAllByTestId(/^backup-row-/)).toHaveLength(200);
  });

  it('is read again when the backups have changed', async () => {
    const backups = [backup({ id: 'one' })];
    const { fake } = await open('#/backups', fullState(), { backups_list: () => [...backups] });
    await findId('backup-row-one');
    backups.push(backup({ id: 'two' }));
    fake.event({ event: 'backups_changed' });
    await findId('backup-row-two');
  });

  it('can be asked again after an error', async () => {
    let broken = true;
    const { user } = await open('#/backups', fullState(), {
      backups_list: () => (broken ? Promise.reject(report({ what: 'No list' }) as never) : catalogueOf()),
    });
    await screen.findByRole('alert');
    broken = false;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await findId('backup-row-shop_0');
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the drawer', () => {
  it('opens from the row, shows the manifest, closes with Esc and gives the focus back', async () => {
    const { user } = await open('#/backups', fullState());
    const row = within(await findId('backup-row-shop_0')).getByRole('button');
    await user.click(row);
    const drawer = await findId('drawer');
    await waitFor(() => expect(textOf(drawer)).toContain('order_lines'));
    for (const fact of ['184 MB, from 610 MB (gzip)', '1 204 331 rows', 'One committed moment', 'SQLite 3.54.1', details().sha256]) {
      expect(textOf(drawer)).toContain(fact);
    }
    expect(drawer.contains(document.activeElement)).toBe(true);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(noId('drawer')).toBeNull());
    expect(document.activeElement).toBe(row);
  });

  it('shows in folder and copies the restore command', async () => {
    const { fake, user } = await open('#/backups?id=shop_0', fullState());
    await user.click(await findId('reveal-backup'));
    expect(fake.of('reveal_backup')).toEqual([{ id: 'shop_0' }]);
    await user.click(byId('copy-restore-command'));
    expect(await navigator.clipboard.readText()).toBe('kronos restore shop_0 --to shop_restored.db');
  });

  it('copies the command exactly, however it is wrapped', async () => {
    const command = "kronos restore shop_0 --to '/srv/my shop/restored-1122.db' --config /home/ada/.config/kronos/config.toml";
    const { user } = await open('#/backups?id=shop_0', fullState(), { backup_details: () => ({ ...details({ id: 'shop_0' }), restore_command: command }) });
    expect((await findId('restore-command')).textContent).toBe(command);
    await user.click(byId('copy-restore-command'));
    expect(await navigator.clipboard.readText()).toBe(command);
    await user.click(screen.getByRole('button', { name: 'Copy the path of the file' }));
    expect(await navigator.clipboard.readText()).toBe(byId('backup-location').textContent);
  });

  it('shows the check of its backup in a window that is made anew, and of no other', async () => {
    const check = run({ kind: 'verify', backup: 'shop_0', phase: 'verifying' });
    await open('#/backups?id=shop_0', fullState({ active_runs: [check] }));
    const drawer = within(byId('drawer'));
    await drawer.findByTestId('run-card-shop');
    expect((await drawer.findByTestId('backup-verify')).getAttribute('title')).toBe('It is being checked');
    expect(textOf(byId('backup-row-shop_0'))).toContain('Checking');
    cleanup();
    session.reset();
    await open('#/backups?id=shop_3', fullState({ active_runs: [check] }));
    await findId('backup-verify');
    expect(within(byId('drawer')).queryByTestId('run-card-shop')).toBeNull();
  });

  it('shows the last failed check of its backup, without a toast behind it', async () => {
    const { fake } = await open('#/backups?id=shop_0', fullState({ active_runs: [run({ id: 'v', kind: 'verify', backup: 'shop_0' })] }));
    await findId('backup-verify');
    fake.event({ event: 'run_finished', ...ended({ id: 'v', kind: 'verify', backup: 'shop_0', state: 'failed', error: report({ what: 'It is damaged' }) }) });
    await waitFor(() => expect(textOf(byId('drawer'))).toContain('It is damaged'));
    expect(noId('toast')).toBeNull();
  });

  it('checks again and shows the check', async () => {
    const { fake, user } = await open('#/backups?id=shop_0', fullState());
    await user.click(await findId('backup-verify'));
    const drawer = within(byId('drawer'));
    const card = await drawer.findByTestId('run-card-shop');
    const id = card.dataset.run ?? '';
    fake.event({ event: 'run_finished', ...ended({ id, kind: 'verify', backup: 'shop_0', state: 'failed', error: report({ what: 'It is damaged' }) }) });
    await waitFor(() => expect(textOf(byId('drawer'))).toContain('It is damaged'));
  });

  it('does not offer to restore what is damaged', async () => {
    await open('#/backups?id=app_4', fullState());
    await findId('backup-verify');
    expect(noId('drawer-restore')).toBeNull();
  });
});
