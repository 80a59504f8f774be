// Databases, Storage and Settings: what the forms send, and what happens when they are refused.
import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { check, emptyState, fullState, profile, report, run, state, storage } from '../dev/fixtures';
import { byId, findId, noId, open, textOf } from './window';

const value = (id: string) => (byId(id) as HTMLInputElement).value;
const refuse = (over = {}) => () => Promise.reject(report(over) as never);

describe('the editor of a database', () => {
  it('names it after its file until a name is typed', async () => {
    const { fake, user } = await open('#/databases', fullState());
    await user.click(byId('add-database'));
    await user.type(byId('profile-path'), '~/code/shop.db');
    expect(value('profile-name')).toBe('shop-2');
    await user.clear(byId('profile-name'));
    await user.type(byId('profile-name'), 'till');
    await user.type(byId('profile-path'), 'x');
    expect(value('profile-name')).toBe('till');
    await user.selectOptions(byId('profile-storage'), 'usb');
    await user.click(byId('profile-save'));
    expect(fake.of('profile_save')).toEqual([
      { original: null, draft: { name: 'till', engine: 'sqlite', paths: ['~/code/shop.dbx'], server: null, storage: 'usb', protected: null, tag: '' } },
    ]);
    await waitFor(() => expect(noId('database-editor')).toBeNull());
    expect(document.activeElement).toBe(byId('add-database'));
  });

  it('takes several files from the dialog, and leaves one out', async () => {
    const { fake, user } = await open('#/databases?add=1', fullState(), { pick_database_files: () => ['/a/one.db', '/a/two.db', '/a/three.db'] });
    await user.click(byId('profile-path-choose'));
    expect(value('profile-path-3')).toBe('/a/three.db');
    await user.click(screen.getByRole('button', { name: 'Leave out file 2' }));
    await user.click(byId('profile-save'));
    expect(fake.of('profile_save')[0].draft).toMatchObject({ name: 'one', paths: ['/a/one.db', '/a/three.db'] });
  });

  it('keeps what was there when the dialog is cancelled', async () => {
    const { user } = await open('#/databases?edit=shop', fullState(), { pick_database_files: () => [] });
    await user.click(byId('profile-path-choose'));
    expect(value('profile-path')).toBe('~/code/shop/shop.db');
  });

  it('renames, sending the old name too', async () => {
    const { fake, user } = await open('#/databases?edit=shop', fullState());
    await user.type(byId('profile-name'), '_eu{Enter}');
    expect(fake.of('profile_save')[0]).toMatchObject({ original: 'shop', draft: { name: 'shop_eu' } });
  });

  it('refuses a name that is taken, beside the field', async () => {
    const { fake, user } = await open('#/databases?edit=shop', fullState());
    await user.clear(byId('profile-name'));
    await user.type(byId('profile-name'), 'app');
    await user.click(byId('profile-save'));
    expect(document.activeElement).toBe(byId('profile-name'));
    expect(textOf(byId('database-editor'))).toContain('Another database has this name.');
    expect(fake.of('profile_save')).toEqual([]);
  });

  it('shows what a test found, and forgets it when the form changes', async () => {
    const { user } = await open('#/databases?edit=shop', fullState());
    await user.click(byId('profile-test'));
    expect(textOf(await findId('probe-result'))).toContain('610 MB · 42 tables');
    await user.type(byId('profile-path'), 'x');
    expect(noId('probe-result')).toBeNull();
  });

  it('stays open with the five parts when it cannot be saved', async () => {
    const { user } = await open('#/databases?edit=shop', fullState(), { profile_save: refuse({ what: 'Not saved' }) });
    await user.click(byId('profile-save'));
    expect(textOf(within(byId('database-editor')).getByRole('alert'))).toContain('Not saved');
  });

  it('closes with Esc and gives the focus back', async () => {
    const { user } = await open('#/databases', fullState());
    const opener = screen.getAllByTestId('profile-edit')[1];
    if (opener) await user.click(opener);
    await findId('database-editor');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(noId('database-editor')).toBeNull());
    expect(document.activeElement).toBe(opener);
  });
});

describe('removing', () => {
  it('asks, keeps by default, and says that backups stay', async () => {
    const { fake, user } = await open('#/databases', fullState());
    const [first] = screen.getAllByTestId('profile-remove');
    if (first) await user.click(first);
    expect(document.activeElement).toBe(byId('confirm-keep'));
    expect(textOf(byId('confirm'))).toContain('stay where they are');
    await user.keyboard('{Enter}');
    expect(fake.of('profile_remove')).toEqual([]);
    if (first) await user.click(first);
    await user.click(byId('confirm-go'));
    expect(fake.of('profile_remove')).toEqual([{ name: 'shop' }]);
    await waitFor(() => expect(noId('profile-row-shop')).toBeNull());
    expect(document.activeElement?.tagName).toBe('H1');
  });

  it('does not remove what is being worked on', async () => {
    const { user } = await open('#/databases', fullState({ active_runs: [run()] }));
    const button = within(byId('profile-row-shop')).getByTestId('profile-remove');
    expect(button.getAttribute('title')).toContain('cancel that first');
    await user.click(button);
    expect(noId('confirm')).toBeNull();
  });

  it('of a place is not offered while a database keeps its backups there', async () => {
    const warehouse = profile({ name: 'warehouse' });
    const { fake, user } = await open('#/storage', state({ profiles: [profile(), warehouse] }));
    expect(textOf(byId('storage-backups'))).toContain('Keeps 2 databases: shop, warehouse');
    const button = byId('storage-remove');
    await user.click(button);
    expect(noId('confirm')).toBeNull();
    expect(document.activeElement).toBe(button);
    expect(textOf(document.getElementById(button.getAttribute('aria-describedby') ?? '') ?? document.body)).toBe('shop, warehouse keep their backups here. Change that first.');
    fake.set({ profiles: [profile()] });
    await waitFor(() => expect(button.getAttribute('title')).toBe('shop keeps its backups here. Change that first.'));
    fake.set({ profiles: [] });
    await waitFor(() => expect(button.getAttribute('aria-disabled')).toBeNull());
    await user.click(button);
    await findId('confirm');
  });

  it('of a place shows a refusal in the question', async () => {
    const { user } = await open('#/storage', fullState(), { storage_remove: refuse({ what: '`usb` was not removed' }) });
    await user.click(within(byId('storage-usb')).getByTestId('storage-remove'));
    await user.click(byId('confirm-go'));
    expect(textOf(within(byId('confirm')).getByRole('alert'))).toContain('usb was not removed');
  });
});

describe('storage', () => {
  it('proposes the default folder for the first place', async () => {
    const { fake, user } = await open('#/storage', emptyState());
    await user.click(byId('storage-add'));
    expect(value('storage-path')).toBe('/home/ada/Kronos Backups');
    await user.click(byId('storage-save'));
    expect(fake.of('storage_save')).toEqual([{ original: null, draft: { name: 'backups', path: '/home/ada/Kronos Backups' } }]);
  });

  it('tests the draft and shows each step', async () => {
    const { fake, user } = await open('#/storage', fullState(), {
      storage_test: () => check({ steps: [{ name: 'Make the folder', error: null }, { name: 'Write a test file', error: report({ why: 'The disk is read-only.' }) }], free_bytes: null }),
    });
    await user.click(byId('storage-add'));
    await user.click(byId('storage-path-choose'));
    await user.click(byId('storage-test'));
    const steps = await findId('storage-check');
    expect(textOf(steps)).toContain('Make the folder: worked');
    expect(textOf(steps)).toContain('Write a test file: failed');
    expect(textOf(steps)).toContain('The disk is read-only.');
    expect(fake.of('storage_test')[0].draft.path).toBe('/media/ada/T7/kronos');
  });

  it('shows use and room, and opens the folder', async () => {
    const { fake, user } = await open('#/storage', state({ storages: [storage()] }));
    const card = byId('storage-backups');
    expect(textOf(card)).toContain('199 backups, 18 GB');
    expect(textOf(card)).toContain('412 GB free of 994 GB');
    await user.click(within(card).getByTestId('storage-reveal'));
    expect(fake.of('reveal_storage')).toEqual([{ name: 'backups' }]);
  });
});

describe('settings', () => {
  it('changes the appearance at once', async () => {
    const { fake, user } = await open('#/settings', state());
    expect(document.documentElement.dataset.appearance).toBe('system');
    await user.click(byId('appearance-dark'));
    expect(fake.of('settings_save')).toEqual([{ change: { notifications: null, appearance: 'dark' } }]);
    await waitFor(() => expect(document.documentElement.dataset.appearance).toBe('dark'));
  });

  it('puts a refused change back', async () => {
    const { user } = await open('#/settings', state(), { settings_save: refuse({ what: 'Settings were not saved' }) });
    await user.click(byId('notifications'));
    await screen.findByRole('alert');
    expect((byId('notifications') as HTMLInputElement).checked).toBe(true);
  });

  it('looks for backups and says how many are new', async () => {
    const { user } = await open('#/settings', state());
    await user.click(byId('rescan'));
    await screen.findByText(/3 new backups found/);
  });

  it('shows the configuration file and the version', async () => {
    const { fake, user } = await open('#/settings', state({ config_warnings: ['`storage.password` is in plain text.'] }));
    expect(byId('config-path').textContent).toBe('/home/ada/.config/kronos/config.toml');
    expect(byId('version').textContent).toBe('0.1.0');
    screen.getByText(/is in plain text/);
    await user.click(byId('reveal-config'));
    expect(fake.of('reveal_config')).toHaveLength(1);
  });
});
