// Dumps of other programs: what is said before one is loaded, the consent, the load and its end.
import { waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { foreignInside, loadPlan } from '../dev/files';
import { ended, fullState, report } from '../dev/fixtures';
import { loaded, notLoaded } from '../dev/load_scenes';
import { SCENES } from '../dev/scenes';
import type { Answers } from '../dev/fake';
import { ownCommand } from '../lib/by_hand';
import { byId, expectAccessible, findId, noId, open, textOf } from './window';

const FILE = '#/restore?file=1';
const value = (id: string) => (byId(id) as HTMLInputElement).value;
const isTicked = (id: string) => (byId(id) as HTMLInputElement).checked;
const isHeld = () => byId('load-start').getAttribute('aria-disabled') === 'true';
const reason = () => byId('load-start').getAttribute('title') ?? '';

async function scene(name: string, answers: Answers = {}) {
  const found = SCENES[name];
  if (found === undefined) throw new Error(`no scene ${name}`);
  return open(FILE, found.state(), { ...found.answers, ...answers });
}

/** Opens a dump, agrees, and starts to load it. */
async function started(name: string) {
  const opened = await scene(name);
  await findId('restore-fine');
  await waitFor(() => expect(isHeld() || opened.fake.of('file_load_start').length > 0).toBe(name === 'load-running'));
  return opened;
}

describe('the form for a dump of another program', () => {
  it('waits for the plan, and says so', async () => {
    const { fake, user } = await scene('load-asking');
    await waitFor(() => expect(fake.of('file_load_plan')).toHaveLength(1));
    expect([isHeld(), reason()]).toEqual([true, 'Asking what it may do there…']);
    expect(noId('load-consent')).toBeNull();
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start')).toEqual([]);
    await expectAccessible();
  });

  it('loads code only after a deliberate tick', async () => {
    const { fake, user } = await scene('load-consent');
    await findId('load-consent');
    expect(value('restore-target')).toBe('blog_restored_1123');
    for (const part of ['The dump names its own database, blog; that is left out', 'Kronos refuses what names another database']) expect(textOf(byId('load-form'))).toContain(part);
    // Once, beside the facts of the file.
    expect(textOf(byId('main')).match(/It is code: restoring it runs/g)).toHaveLength(1);
    expect(fake.of('file_load_plan')).toEqual([{ file: '1', draft: { target: 'blog_restored_1123', profile: 'blog', database: null, seal: { place: 'a', state: 'b' }, run_its_code: false, as_superuser: false } }]);
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start')).toEqual([]);
    expect(reason()).toBe('Tick that the code in this dump may run');
    expect(noId('load-superuser')).toBeNull();
    await expectAccessible();
    await user.click(byId('load-code'));
    await waitFor(() => expect(isHeld()).toBe(false));
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start')).toEqual([{ file: '1', draft: { target: 'blog_restored_1123', profile: 'blog', database: null, seal: { place: 'a', state: 'b' }, run_its_code: true, as_superuser: false } }]);
  });

  it('asks a second time for the rights of a superuser, and again for another server', async () => {
    const { fake, user } = await scene('load-superuser');
    await user.click(await findId('load-code'));
    await waitFor(() => expect(reason()).toBe('Tick that it may run with all rights of postgres'));
    await user.click(byId('load-superuser'));
    await waitFor(() => expect(isHeld()).toBe(false));
    await expectAccessible();
    await user.selectOptions(byId('restore-server'), 'staging');
    await waitFor(() => expect([isTicked('load-code'), isTicked('load-superuser')]).toEqual([false, false]));
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start')).toEqual([]);
  });

  it('keeps the ticks while another name is typed', async () => {
    const { fake, user } = await scene('load-consent');
    await user.click(await findId('load-code'));
    await user.type(byId('restore-target'), '_2');
    await waitFor(() => expect(fake.of('file_load_plan').at(-1)?.draft.target).toBe('blog_restored_1123_2'));
    await waitFor(() => expect(isHeld()).toBe(false));
    expect(isTicked('load-code')).toBe(true);
  });

  it('has no tick for what is no code', async () => {
    const { fake, user } = await scene('load-consent', { file_load_plan: () => loadPlan({ is_code: false, warnings: [] }) });
    await findId('restore-fine');
    expect(noId('load-consent')).toBeNull();
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start')).toHaveLength(1);
  });

  it('asks which database, where a dump holds several', async () => {
    const inside = () => foreignInside({ form: 'mongo_archive', engine: 'mongodb', dialect: null, source: null }, { databases: ['crm', 'shop'] });
    const { fake, user } = await scene('load-consent', { file_look: inside });
    await user.selectOptions(await findId('load-unit'), 'shop');
    await waitFor(() => expect(fake.of('file_load_plan').at(-1)?.draft.database).toBe('shop'));
  });

  it('makes a file where the dump is for SQLite', async () => {
    const inside = () => foreignInside({ engine: 'sqlite', dialect: 'sqlite' }, { on_server: false, profiles: [], suggested_target: '/home/ada/app_restored.db' });
    const { fake, user } = await scene('load-consent', { file_look: inside, file_load_plan: () => loadPlan({ user: '' }) });
    await user.click(await findId('load-code'));
    expect(textOf(byId('load-consent'))).not.toContain('with the rights of');
    expect(textOf(byId('load-start'))).toBe('Load into a new file');
    await waitFor(() => expect(isHeld()).toBe(false));
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start').at(-1)?.draft).toMatchObject({ target: '/home/ada/app_restored.db', profile: null });
  });
});

describe('a dump that is refused', () => {
  it('says why, keeps the commands and offers no load', async () => {
    const { fake, user } = await scene('load-refused');
    await waitFor(() => expect(textOf(byId('load-refused'))).toContain('more than one database: blog, orders'));
    await user.click(byId('load-start'));
    expect(fake.of('file_load_start')).toEqual([]);
    expect(byId('by-hand').querySelector('details')?.open).toBe(true);
    expect(textOf(byId('by-hand-none'))).toContain('the databases that it names itself, such as blog');
    await expectAccessible();
  });

  it('says at the name what is wrong with the name', async () => {
    await scene('load-taken');
    await waitFor(() => expect(byId('restore-target').getAttribute('aria-invalid')).toBe('true'));
    expect(textOf(byId('load-form'))).toContain('A database named blog_restored_1123 exists already.');
    expect(textOf(byId('load-refused'))).toBe('');
  });

  it('is looked into again when it has changed', async () => {
    const { fake, user } = await scene('load-changed');
    await findId('load-look-again');
    const looks = fake.of('file_look').length;
    fake.answers.file_look = () => foreignInside({}, { seal: { place: 'a', state: 'c' } });
    fake.answers.file_load_plan = () => loadPlan();
    await user.click(byId('load-look-again'));
    await findId('restore-fine');
    expect(fake.of('file_look').length).toBe(looks + 1);
    expect(fake.of('file_load_plan').at(-1)?.draft.seal).toEqual({ place: 'a', state: 'c' });
  });

  it('needs a server', async () => {
    const { fake } = await scene('load-no-server');
    await findId('restore-no-server');
    expect([isHeld(), reason(), fake.of('file_load_plan')]).toEqual([true, 'There is no server that takes it', []]);
  });

  it('has no form when nothing tells what it is for', async () => {
    await scene('load-unknown');
    await findId('by-hand-none');
    expect(noId('load-form')).toBeNull();
    expect(byId('by-hand').querySelector('details')?.open).toBe(true);
  });
});

describe('a load', () => {
  it('is shown while it runs and can be cancelled', async () => {
    const { fake, user } = await scene('load-running', { file_load_start: () => 'load' });
    await findId('restore-fine');
    // Another restore is under way until this page has started it.
    expect([isHeld(), reason()]).toEqual([true, 'A restore is running']);
    expect(noId('run-card-blog.sql.gz')).toBeNull();
    fake.set({ active_runs: [] });
    await waitFor(() => expect(isHeld()).toBe(false));
    await user.click(byId('load-start'));
    fake.set({ active_runs: SCENES['load-running']?.state().active_runs ?? [] });
    const card = await findId('run-card-blog.sql.gz');
    await user.click(within(card).getByRole('button', { name: /Cancel/ }));
    expect(fake.of('run_cancel')).toEqual([{ run: 'load' }]);
    await expectAccessible();
  });

  it('that has ended shows what was made', async () => {
    const { fake, user } = await started('load-done');
    await user.click(byId('load-start'));
    const result = await findId('restore-result');
    for (const part of ['Loaded', 'blog.sql.gz is loaded into a new database', '3 tables, 5 204 rows, counted', 'blog_restored_1123', 'Nothing was compared']) expect(textOf(result)).toContain(part);
    await expectAccessible();
    const looks = fake.of('file_look').length;
    fake.event({ event: 'run_finished', ...loaded({ id: 'another' }) });
    expect(fake.of('file_look').length).toBe(looks);
  });

  it('that failed says why, and is found again', async () => {
    const { user } = await started('load-failed');
    await user.click(byId('load-start'));
    const result = await findId('restore-result');
    for (const part of ['blog.sql.gz was not loaded', 'line 812', 'What was made for it was removed again']) expect(textOf(result)).toContain(part);
    await expectAccessible();
    await user.click(byId('inside-back'));
    await findId('recent-backups');
    location.hash = FILE;
    await findId('restore-result');
  });

  it('that fails somewhere else leads to its file', async () => {
    const { fake, user } = await scene('load-consent', { file_load_start: () => 'load' });
    await user.click(await findId('load-code'));
    await waitFor(() => expect(isHeld()).toBe(false));
    await user.click(byId('load-start'));
    await user.click(byId('nav-settings'));
    await findId('config-path');
    fake.event({ event: 'run_finished', ...ended({ id: 'load', kind: 'restore', backup: null, profile: 'blog.sql.gz', state: 'failed', error: notLoaded() }) });
    await user.click(await within(await findId('toasts')).findByRole('button', { name: 'Show why' }));
    await waitFor(() => expect(location.hash).toBe(FILE));
  });

  it('that could not be started says so', async () => {
    const { user } = await scene('load-superuser', {
      file_load_start: () => {
        throw report({ code: 'source_changed', what: 'The load was not started', why: '`a` has changed since Kronos looked inside' });
      },
    });
    await user.click(await findId('load-code'));
    await user.click(byId('load-superuser'));
    await waitFor(() => expect(isHeld()).toBe(false));
    await user.click(byId('load-start'));
    await findId('load-look-again');
    expect(textOf(byId('load-form'))).toContain('The load was not started');
  });
});

describe('the commands beside it', () => {
  const look = (over: Parameters<typeof foreignInside>[0]) => {
    const answer = foreignInside(over).look;
    if (answer.kind !== 'foreign') throw new Error('not foreign');
    return answer;
  };

  it('are folded, with that of Kronos first', async () => {
    await scene('load-consent');
    const fold = (await findId('by-hand')).querySelector('details');
    expect(fold?.open).toBe(false);
    expect(byId('own-command').textContent).toBe(ownCommand(look({})));
  });

  it('leave out the place in the log of the old server', async () => {
    await scene('load-consent', { file_look: () => foreignInside({ dialect: 'mysql', compression: 'none', sets_log_place: true }) });
    expect((await findId('by-hand-commands')).textContent).toContain("cat /home/ada/Downloads/blog.sql.gz | LC_ALL=C sed -e '/^SET @@GLOBAL.GTID_PURGED=/{'");
  });
});

describe('the page Restore', () => {
  it('shows the last load, and older ones among the restores', async () => {
    const old = { run: 'old', profile: 'crm.dump', engine: null, state: 'warned' as const, at: '2026-11-22T10:00:00Z', target: 'localhost:5432/crm_restored_1122', result: loaded().result, error: null, undo_until: null };
    await open('#/restore', fullState({ recent_runs: [loaded()] }), { restores_list: () => [old] });
    expect(textOf(await findId('restore-result'))).toContain('blog.sql.gz is loaded into a new database');
    expect(noId('reveal-restored')).toBeNull();
    expect(textOf(await findId('restored-old'))).toContain('A dump of another program: 3 tables, 5 204 rows, counted');
  });
});
