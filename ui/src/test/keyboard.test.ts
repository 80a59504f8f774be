// The keyboard, the focus, and the rules that hold for the whole source.
import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { fullState, run } from '../dev/fixtures';
import { COMMANDS } from '../lib/api';
import { byId, findId, noId, open, textOf } from './window';

const ctrl = (key: string) => `{Control>}${key}{/Control}`;

describe('shortcuts', () => {
  it('go to the pages and put the focus on the heading', async () => {
    const { user } = await open('#/home', fullState());
    for (const [key, title] of [['2', 'Databases'], ['3', 'Backups'], ['4', 'Restore'], ['5', 'Storage'], ['6', 'Settings']]) {
      await user.keyboard(ctrl(key ?? ''));
      await waitFor(() => expect(document.activeElement?.textContent).toBe(title));
      expect(document.title).toBe(`${title} – Kronos`);
      expect(byId(`nav-${title?.toLowerCase()}`).getAttribute('aria-current')).toBe('page');
    }
    await user.keyboard(ctrl('1'));
    await user.keyboard(ctrl(','));
    await waitFor(() => expect(location.hash).toBe('#/settings'));
  });

  it('add a database, back up all, cancel', async () => {
    const { fake, user } = await open('#/settings', fullState({ active_runs: [run()] }));
    await user.keyboard(ctrl('.'));
    expect(fake.of('run_cancel')).toEqual([{ run: 'run-1' }]);
    await user.keyboard('{Control>}{Shift>}b{/Shift}{/Control}');
    expect(fake.of('backup_start')).toEqual([{ profiles: [] }]);
    expect(location.hash).toBe('#/home');
    await user.keyboard(ctrl('n'));
    await findId('database-editor');
  });

  it('cancel the run whose card has the focus when there are several, and never guess', async () => {
    const { fake, user } = await open('#/home', fullState({ active_runs: [run(), run({ id: 'r2', profile: 'app' })] }));
    await user.keyboard(ctrl('.'));
    expect(fake.of('run_cancel')).toEqual([]);
    screen.getAllByTestId('run-cancel')[1]?.focus();
    await user.keyboard(ctrl('.'));
    expect(fake.of('run_cancel')).toEqual([{ run: 'r2' }]);
  });

  it('are listed, and do nothing behind a dialog', async () => {
    const { user } = await open('#/home', fullState());
    byId('show-shortcuts').focus();
    await user.keyboard(ctrl('/'));
    await findId('shortcuts');
    await user.keyboard(ctrl('2'));
    expect(location.hash).toBe('#/home');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(noId('shortcuts')).toBeNull());
    expect(document.activeElement).toBe(byId('show-shortcuts'));
  });

  it('look again: for backups where they are listed, else how things stand', async () => {
    let asked = 0;
    const { fake, user } = await open('#/home', fullState());
    fake.answers.watch = () => (asked += 1);
    await user.keyboard('{F5}');
    await waitFor(() => expect(asked).toBe(1));
    await user.keyboard(ctrl('4'));
    await waitFor(() => expect(location.hash).toBe('#/restore'));
    await user.keyboard(ctrl('r'));
    await screen.findByText('3 new backups found.');
    expect(fake.of('backups_rescan')).toHaveLength(1);
    await user.keyboard('{Alt>}{ArrowLeft}{/Alt}');
    await waitFor(() => expect(location.hash).toBe('#/home'));
  });

  it('choose a file to look inside', async () => {
    const { fake, user } = await open('#/home', fullState());
    await user.keyboard(ctrl('o'));
    await waitFor(() => expect(location.hash).toBe('#/restore?file=1'));
    expect(textOf(await findId('inside-title'))).toContain('Look inside');
    await waitFor(() => expect(document.activeElement).toBe(byId('inside-title')));
    fake.answers.pick_dump_file = () => null;
    await user.keyboard(ctrl('o'));
    expect(location.hash).toBe('#/restore?file=1');
  });

  it('skip the sidebar', async () => {
    const { user } = await open('#/home', fullState());
    await user.tab();
    expect(document.activeElement?.textContent).toBe('Skip to content');
    await user.keyboard('{Enter}');
    expect(document.activeElement).toBe(byId('verdict'));
    expect(location.hash).toBe('#/home');
  });
});

describe('the window', () => {
  it('tells the engine once that it is ready', async () => {
    let ready = 0;
    const { fake } = await open('#/home', fullState(), { window_ready: () => (ready += 1) });
    fake.set({});
    await waitFor(() => expect(ready).toBe(1));
  });

  it('shows what is running on every page', async () => {
    await open('#/settings', fullState({ active_runs: [run()] }));
    expect(byId('nav-running').textContent).toContain('Backing up shop');
  });

  it('tells of a failure that happened on another page, and leads there', async () => {
    const { fake, user } = await open('#/settings', fullState());
    fake.event({ event: 'run_finished', ...run({ state: 'failed', phase: null }) });
    await user.click(await screen.findByRole('button', { name: 'Show why' }));
    await findId('attention-shop');
  });
});

describe('the source', () => {
  const files: Record<string, string> = import.meta.glob('../**/*.{svelte,ts}', { query: '?raw', import: 'default', eager: true });
  const shipped = Object.entries(files).filter(([path]) => !/\/(test|dev)\/|^\.\/|\.test\.ts$|\/bindings\//.test(path));

  it('says at the top of every file what it owns', () => {
    const own = Object.entries(files).filter(([path]) => !path.includes('/bindings/'));
    expect(own.length).toBeGreaterThan(60);
    expect(own.filter(([, text]) => !/^(\/\/|<!--) ?\S/.test(text)).map(([path]) => path)).toEqual([]);
  });

  it('never renders HTML, never carries a style attribute, never imports the fake engine', () => {
    for (const [path, text] of shipped) {
      expect([path, text.includes('{@html') || text.includes('innerHTML')]).toEqual([path, false]);
      expect([path, / style="/.test(text)]).toEqual([path, false]);
      expect([path, /from '.*\/dev\//.test(text)]).toEqual([path, false]);
    }
  });

  it('calls commands only through api.ts, each of them once', () => {
    const door = files['../lib/api.ts'] ?? '';
    for (const [path, text] of shipped) {
      if (path !== '../lib/api.ts') expect([path, text.includes('@tauri-apps')]).toEqual([path, false]);
    }
    for (const command of COMMANDS) {
      expect([command, door.match(new RegExp(`\\('${command}'`, 'g'))?.length]).toEqual([command, 1]);
    }
  });

  // What other tests (WebDriver against the real window) hold on to. Renaming one is a change of contract.
  it.each([
    'nav-{page}', 'nav-running', 'show-shortcuts', 'shortcuts', 'announcer', 'toast', 'error', 'error-copy', 'empty', 'loading',
    'verdict', 'home-restore', 'backup-all', 'home-add-database', 'backup-now-{profile.name}', 'profile-row-{profile.name}',
    'run-card-{run.profile}', 'run-cancel', 'run-phase', 'run-facts', 'waiting-runs', 'attention-{card.profile}', 'attention-edit',
    'attention-retry', 'attention-more', 'config-warnings', 'first-run', 'first-backup', 'first-storage', 'add-database',
    'database-editor', 'profile-name', 'profile-storage', 'profile-test', 'profile-save', 'profile-row-test', 'profile-edit',
    'profile-remove', 'probe-result', 'confirm', 'confirm-keep', 'confirm-go', 'backups-total', 'filter-profile', 'filter-status',
    'backup-row-{backup.id}', 'drawer', 'backup-location', 'backup-sha256', 'unit-{unit.name}', 'restore-command',
    'copy-restore-command', 'reveal-backup', 'backup-verify', 'drawer-restore', 'restore-form', 'drop-overlay', 'drop-area', 'choose-file', 'choose-folder',
    'inside-title', 'inside-contents', 'inside-search', 'check-state', 'check-again', 'findings', 'refused-file', 'foreign-file', 'by-hand',
   
    'restore-backup-{backup.id}', 'restore-unit', 'restore-target', 'restore-fine', 'restore-start', 'restore-result',
    'restored-path', 'reveal-restored', 'storage-add', 'storage-editor', 'storage-name', 'storage-path', 'storage-test',
    'storage-save', 'storage-check', 'storage-free', 'storage-reveal', 'storage-row-test', 'storage-edit', 'storage-remove',
    'appearance-{value}', 'notifications', 'rescan', 'config-path', 'reveal-config', 'version', 'profile-path', 'first-path',
    'first-folder',
  ])('has the test id %s', (id) => {
    expect(shipped.some(([, text]) => text.includes(`testid="${id}"`) || text.includes(`'${id}'`))).toBe(true);
  });
});
