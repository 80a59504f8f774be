// Every screen in every state: axe finds nothing, headings are in order, there is one main and one h1.
import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { fullState, report, run } from '../dev/fixtures';
import { SCENES } from '../dev/scenes';
import { session } from '../lib/state.svelte';
import { byId, expectAccessible, findId, noId, open, type Opened } from './window';

type Case = [scene: string, hash: string, shows: string | RegExp, act?: (opened: Opened) => Promise<void>];

const click = (id: string, index = 0) => async ({ user }: Opened) => {
  const found = (await screen.findAllByTestId(id))[index];
  if (found) await user.click(found);
};

const replacing = async (opened: Opened) => {
  await click('restore-place-replace')(opened);
  await waitFor(() => expect(byId('replace-open').getAttribute('aria-disabled')).toBeNull(), { timeout: 3000 });
  await click('replace-open')(opened);
};

const CASES: Case[] = [
  ['full', '#/home', 'orders was not backed up'],
  ['good', '#/home', 'All 3 databases are backed up'],
  ['busy', '#/home', 'nothing has moved for 15 seconds'],
  ['long', '#/home', 'orders was not backed up'],
  ['long', '#/backups', 'Show why'],
  ['offline', '#/home', 'usb is not available'],
  ['empty', '#/home', 'Back up your first database'],
  ['loading', '#/home', 'Loading your databases…'],
  ['lost', '#/home', 'Kronos cannot be reached'],
  ['config', '#/home', 'The configuration cannot be used'],
  ['full', '#/databases', '5 databases in your configuration.'],
  ['empty', '#/databases', 'No databases yet'],
  ['full', '#/databases?add=1', 'Add a database'],
  ['full', '#/databases?edit=shop', 'Readable', click('profile-test')],
  ['broken', '#/databases?edit=shop', 'shop cannot be read', click('profile-test')],
  ['slow', '#/databases?edit=shop', 'Testing…', click('profile-test')],
  ['good', '#/databases', 'Remove shop?', click('profile-remove')],
  ['full', '#/backups', '14 backups, 1.2 GB'],
  ['full', '#/backups?id=shop_0', '1 204 331'],
  ['checking', '#/backups?id=shop_0', 'Comparing every byte'],
  ['check-failed', '#/home', 'Open this backup'],
  ['check-failed', '#/backups?id=shop_0', 'Use another backup.'],
  ['long', '#/backups?id=shop_0', 'Restore it with a command'],
  ['slow', '#/backups?id=shop_0', 'Reading the backup…'],
  ['slow', '#/backups', 'Reading the list of backups…'],
  ['empty', '#/backups', 'No backups yet'],
  ['broken', '#/backups', 'The list of backups cannot be read'],
  ['full', '#/restore', 'Drop a backup here'],
  ['full', '#/restore?backup=shop_0', 'What is inside'],
  ['full', '#/restore?backup=app_4', 'It cannot be restored like this'],
  ['refused', '#/restore?backup=shop_0', 'exists already'],
  ['restored', '#/restore', 'rows match the backup'],
  ['restoring', '#/restore', 'Step 2 of 3: Loading shop.db'],
  ['restore-failed', '#/restore', 'shop was not restored'],
  ['empty', '#/restore', 'Once a backup has been made'],
  ['slow', '#/restore', 'Reading the list of backups…'],
  ['broken', '#/restore', 'The list of backups cannot be read'],
  ['full', '#/storage', '412 GB free of 994 GB'],
  ['empty', '#/storage', 'No place for backups yet'],
  ['offline', '#/storage', 'Write a test file', click('storage-row-test', 1)],
  ['empty', '#/storage', 'Read it back', async (opened) => {
    await click('storage-add')(opened);
    await click('storage-test')(opened);
  }],
  ['full', '#/storage', 'Remove usb?', click('storage-remove', 1)],
  ['full', '#/settings', '/home/ada/.config/kronos/config.toml'],
  ['config', '#/settings', 'The configuration cannot be used'],
  ['full', '#/home', 'Keyboard shortcuts', click('show-shortcuts')],
  ['servers', '#/home', 'docker: shop-mongo'],
  ['servers', '#/databases', 'MySQL/MariaDB'],
  ['servers', '#/databases?add=server', 'Connection URL'],
  ['servers', '#/databases?edit=warehouse', 'Saved'],
  ['servers', '#/databases?edit=staging', 'nobody checks'],
  ['servers', '#/databases?edit=warehouse', 'TLS 1.3, certificate verified', click('profile-test')],
  ['servers', '#/databases?edit=warehouse', 'as the server estimates it', click('tab-contents')],
  ['servers', '#/databases?edit=events', 'Collections', click('tab-contents')],
  ['servers', '#/databases?edit=blog', 'Hold up writers', click('tab-contents')],
  ['servers-lacking', '#/databases?edit=warehouse', 'GRANT SELECT ON public.payments', click('profile-test')],
  ['servers-offline', '#/databases?edit=warehouse', 'does not answer', click('profile-test')],
  ['servers-offline', '#/databases?edit=warehouse', 'write the names yourself', click('tab-contents')],
  ['servers-looking', '#/databases?edit=warehouse', 'Looking at the server', click('tab-contents')],
  ['servers-running', '#/home', '3.2 M rows'],
  ['servers-more', '#/home', 'more than expected'],
  ['servers', '#/backups?id=warehouse_1', 'Left out by your selection'],
  ['servers', '#/restore?backup=warehouse_1', 'On the server of'],
  ['servers-nowhere', '#/restore?backup=warehouse_1', 'No database in your configuration'],
  ['slow', '#/restore?backup=shop_0', 'Looking inside the backup…'],
  ['file', '#/restore?file=1', 'Every byte was read, and every checksum is right.'],
  ['file-checking', '#/restore?file=1', '71 MB of 184 MB'],
  ['file-unchecked', '#/restore?file=1', 'the archive proves itself without it'],
  ['file-bad', '#/restore?file=1', 'at 71 MB'],
  ['file-server', '#/restore?file=1', 'Roles, their passwords and memberships are in it as text'],
  ['file-restored', '#/restore?file=1', 'rows match the backup'],
  ['file-restored', '#/restore', 'Nothing is changed until'],
  ['file-foreign', '#/restore?file=1', 'Load it in a terminal'],
  ['file-mongo', '#/restore?file=1', 'It does not name one single database'],
  ['file-damaged', '#/restore?file=1', 'ends too early'],
  ['file-unknown', '#/restore?file=1', 'This looks like a ZIP'],
  ['file-encrypted', '#/restore?file=1', 'encrypted with age'],
  ['file-gone', '#/restore?file=1', 'Connect the disk'],
  ['file-looking', '#/restore?file=1', 'Looking inside…'],
  ['servers-restored', '#/restore', 'belongs to app'],
  ['replace', '#/restore?backup=shop_0', 'On this computer', click('restore-place-replace')],
  ['replace', '#/restore?backup=shop_0', 'audit_tmp', replacing],
  ['replace-locked', '#/restore?backup=warehouse_1', 'is protected by the profile', click('restore-place-replace')],
  ['replace-unproven', '#/restore?backup=shop_0', 'Nobody can tell whether', click('restore-place-replace')],
  ['undo-locked', '#/restore', 'and not here', click('undo-restore-1')],
  ['replace-in-use', '#/restore?backup=shop_0', 'in use by node, sqlite3', click('restore-place-replace')],
  ['replace-remote', '#/restore?backup=warehouse_1', 'Disconnect the programs', replacing],
  ['proved', '#/databases', 'Restore test failed'],
  ['proved', '#/backups', 'Tested 34 days ago'],
  ['proved', '#/restore', 'Restore-tested'],
  ['proved', '#/backups?id=old', 'The last restore test is 34 days old'],
  ['proving', '#/backups?id=fresh', 'Restore test of'],
  ['proof-failed', '#/backups?id=fresh', 'did not pass its restore test'],
  ['scratch-restored', '#/restore', 'It is a scratch place'],
  ['replace', '#/restore?backup=shop_0', 'removed after 24 hours', click('restore-place-scratch')],
  ['replace', '#/restore?backup=shop_0', 'Only some tables', click('restore-tables-some')],
  ['replace', '#/restore?backup=shop_0', 'The first 100 rows', click('rows-of-orders')],
  ['replace', '#/backups?id=shop_0', 'The first 100 rows', click('rows-of-orders')],
  ['replace', '#/restore?backup=shop_0', 'not one by one', click('compare')],
  ['replace', '#/restore?backup=shop_0', 'other structure, other rows', async (opened: Opened) => {
    await click('compare')(opened);
    await click('compare-go')(opened);
  }],
  ['replace-running', '#/restore?backup=shop_0', 'Cancel now keeps what is there'],
  ['replace-swapping', '#/restore', 'then swapping'],
  ['replaced', '#/restore', 'What was there is kept as'],
  ['restores', '#/restore', 'asks the server what stands there'],
  ['restores', '#/restore', 'Undo this restore?', click('undo-cut')],
];

describe('every screen in every state', () => {
  it.each(CASES)('%s %s shows "%s" without a violation', async (name, hash, shows, act) => {
    const scene = SCENES[name];
    if (scene === undefined) throw new Error(`no scene ${name}`);
    const opened = await open(hash, scene.state(), scene.answers, scene.backups?.());
    scene.later?.(opened.fake);
    await act?.(opened);
    await waitFor(() => expect(document.body.textContent?.replaceAll('\u202f', ' ')).toContain(shows));
    await expectAccessible();

    expect(document.querySelectorAll('main')).toHaveLength(1);
    expect(document.querySelectorAll('h1')).toHaveLength(1);
    const levels = [...document.querySelectorAll('main :is(h1,h2,h3)')].map((heading) => Number(heading.tagName[1]));
    levels.forEach((level, index) => expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1));
    expect(document.querySelector('[style*="url"], script')).toBeNull();
  });
});

describe('states are never told by colour alone', () => {
  it('each pill has a shape and a word', async () => {
    const scene = SCENES.full;
    if (scene) await open('#/home', scene.state());
    const pills = document.querySelectorAll('[data-state].pill');
    expect(pills.length).toBeGreaterThan(4);
    for (const pill of pills) {
      expect(pill.querySelector('svg')).not.toBeNull();
      expect(pill.textContent?.trim()).not.toBe('');
    }
  });
});

describe('hostile names', () => {
  it.each(['#/home', '#/databases', '#/backups', '#/restore', '#/backups?id=b2'])('stay text on %s', async (hash) => {
    const scene = SCENES.hostile;
    if (scene === undefined) throw new Error('no scene');
    await open(hash, scene.state(), {}, scene.backups?.());
    await waitFor(() => expect(document.body.textContent).toMatch(/<img src=x onerror|<b>bold<\/b>/));
    expect(document.querySelector('img, main b')).toBeNull();
    const seen = [...document.querySelectorAll('main *')].flatMap((element) =>
      [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent ?? ''),
    );
    expect(seen.some((text) => text.includes('\u202e'))).toBe(false);
    expect(seen.some((text) => text.includes('\ufffd'))).toBe(true);
    await expectAccessible();
  });

  it('can still be backed up, by their true name', async () => {
    const scene = SCENES.hostile;
    if (scene === undefined) throw new Error('no scene');
    const { fake, user } = await open('#/home', scene.state(), {}, []);
    await user.click(await findId('backup-now-abc\u202egnp.exe'));
    expect(fake.of('backup_start')).toEqual([{ profiles: ['abc\u202egnp.exe'] }]);
  });
});

describe('a window without its engine', () => {
  it('tells a failed start from a lost connection', async () => {
    const opened = await open('#/home', fullState(), { watch: SCENES.lost?.answers?.watch ?? (() => null) });
    await screen.findByText('Not started');
    expect(document.title).toBe('Kronos cannot open its records');
    opened.close();
    session.reset();
    await open('#/home', fullState(), { watch: () => Promise.reject(new Error('no answer')) });
    await screen.findByText('Connection lost');
    expect(document.title).toBe('Connection lost – Kronos');
  });
});

describe('a broken configuration', () => {
  it('still shows what runs, with the way to cancel it, and keeps the appearance', async () => {
    const { fake, user } = await open('#/home', fullState({ settings: { notifications: true, appearance: 'dark' } }));
    fake.set({ config_error: report(), profiles: [], storages: [], active_runs: [run()], settings: { notifications: true, appearance: 'system' } });
    await findId('run-card-shop');
    expect(document.documentElement.dataset.appearance).toBe('dark');
    await expectAccessible();
    await user.click(await findId('run-cancel'));
    expect(fake.of('run_cancel')).toEqual([{ run: 'run-1' }]);
  });

  it('leaves nothing to change but Settings, and those only to look at', async () => {
    const scene = SCENES.config;
    if (scene === undefined) throw new Error('no scene');
    const { user, fake } = await open('#/home', scene.state());
    for (const page of ['home', 'databases', 'backups', 'restore', 'storage']) {
      await user.click(await findId(`nav-${page}`));
      const main = screen.getByRole('main');
      expect(within(main).queryAllByRole('textbox')).toEqual([]);
      expect(within(main).getByRole('heading', { level: 1 }).textContent).toBe('The configuration cannot be used');
    }
    await user.keyboard('{Control>}{Shift>}b{/Shift}{/Control}');
    expect(fake.of('backup_start')).toEqual([]);
    await user.click(await findId('nav-settings'));
    expect(noId('notifications')).toBeNull();
    await findId('config-path');
  });
});
