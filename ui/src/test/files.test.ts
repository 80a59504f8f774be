// Files that the user gives to the window: dragged over it, dropped, looked into, restored.
import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { fileInside, foreignInside, openedFile } from '../dev/files';
import { ended, fullState, report, run } from '../dev/fixtures';
import { SCENES } from '../dev/scenes';
import { commands, quoted } from '../lib/by_hand';
import { byId, findId, noId, open, textOf } from './window';

const value = (id: string) => (byId(id) as HTMLInputElement).value;
const FILE = '#/restore?file=1';
const WRITING = ['restore_start', 'file_restore_start', 'backup_start', 'profile_save', 'storage_save', 'settings_save'] as const;

async function scene(name: string) {
  const found = SCENES[name];
  if (found === undefined) throw new Error(`no scene ${name}`);
  return open(FILE, found.state(), { ...found.answers });
}

describe('a drag over the window', () => {
  it('says at once what a drop would do, and takes it back', async () => {
    const { fake, user } = await open('#/home', fullState());
    fake.news({ news: 'over', count: 1, name: 'shop.tar.gz' });
    const overlay = textOf(await findId('drop-overlay'));
    expect(overlay).toContain('Drop to look inside shop.tar.gz');
    expect(overlay).toContain('Nothing is changed yet.');
    fake.news({ news: 'left' });
    await waitFor(() => expect(noId('drop-overlay')).toBeNull());
    fake.news({ news: 'over', count: 1, name: 'shop.tar.gz' });
    await findId('drop-overlay');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(noId('drop-overlay')).toBeNull());
    expect(location.hash).toBe('#/home');
  });

  it('of several files is answered before and after the drop', async () => {
    const { fake } = await open('#/home', fullState());
    fake.news({ news: 'over', count: 3, name: 'a.db' });
    expect(textOf(await findId('drop-overlay'))).toContain('One file at a time');
    fake.news({ news: 'several', count: 3 });
    expect(textOf(await findId('toast'))).toContain('One file at a time. 3 files came at once, so none was opened.');
    expect(noId('drop-overlay')).toBeNull();
    expect(location.hash).toBe('#/home');
  });
});

describe('a dropped file', () => {
  it('is looked into, and nothing is written before the button is pressed', async () => {
    const { fake, user } = await open('#/backups', fullState());
    fake.news({ news: 'opened', file: openedFile() });
    const title = await findId('inside-title');
    await waitFor(() => expect(document.activeElement).toBe(title));
    await findId('restore-fine');
    expect(fake.of('file_look')).toEqual([{ file: '1' }]);
    expect(fake.of('file_check')).toEqual([{ file: '1', again: false }]);
    for (const command of WRITING) expect(fake.of(command)).toEqual([]);
    await user.click(byId('restore-start'));
    const draft = { backup: 'shop_20261122T135401.250Z_k3v9x0', database: null, target: '/home/ada/shop_restored_1122.db', profile: null };
    expect(fake.of('file_restore_start')).toEqual([{ file: '1', draft }]);
    expect(fake.of('restore_start')).toEqual([]);
    await findId('run-card-shop');
  });

  it('waits while a form is open, which would be lost', async () => {
    const { fake, user } = await open('#/databases?add=1', fullState());
    await findId('database-editor');
    fake.news({ news: 'opened', file: openedFile({ id: '7' }) });
    expect(textOf(await findId('toast'))).toContain('waits until you have closed what is open');
    expect(byId('database-editor')).toBeTruthy();
    await user.keyboard('{Escape}');
    await user.click(await screen.findByRole('button', { name: 'Look inside' }));
    await waitFor(() => expect(location.hash).toBe('#/restore?file=7'));
  });

  it('takes the place of another one', async () => {
    const { fake } = await open(FILE, fullState());
    await findId('restore-fine');
    fake.answers.file_look = () => foreignInside();
    fake.news({ news: 'opened', file: openedFile({ id: '2' }) });
    await findId('foreign-file');
    expect(noId('restore-form')).toBeNull();
  });
});

describe('the whole check', () => {
  it('says "Checking…" while the backup is shown, then that every checksum is right', async () => {
    const { fake } = await scene('file-checking');
    await waitFor(() => expect(textOf(byId('check-state'))).toContain('Checking… Every byte is read and compared: 38 %, 71 MB of 184 MB'));
    expect(textOf(byId('inside-contents'))).toContain('orders');
    fake.event({ event: 'run_finished', ...ended({ id: 'check', kind: 'verify', profile: 'x' }) });
    await waitFor(() => expect(textOf(byId('check-state'))).toContain('every checksum is right'));
    expect(noId('toast')).toBeNull();
  });

  it('that finds damage ends here: no way on, and it can be checked again', async () => {
    const { fake, user } = await scene('file-bad');
    await waitFor(() => expect(textOf(byId('error'))).toContain('at 71 MB'));
    expect(noId('restore-form')).toBeNull();
    await user.click(byId('check-again'));
    expect(fake.of('file_check').at(-1)).toEqual({ file: '1', again: true });
  });

  it('can be stopped and begun anew', async () => {
    const { fake, user } = await scene('file-checking');
    await user.click(await findId('check-stop'));
    expect(fake.of('run_cancel')).toEqual([{ run: 'check' }]);
    fake.event({ event: 'run_finished', ...ended({ id: 'check', kind: 'verify', profile: 'x', state: 'cancelled' }) });
    await waitFor(() => expect(textOf(byId('check-state'))).toContain('what the file says of itself'));
    fake.answers.file_check = () => 'again';
    await user.click(byId('check-again'));
    fake.event({ event: 'run_queued', ...run({ id: 'again', kind: 'verify', profile: 'x', phase: 'verifying' }) });
    await waitFor(() => expect(textOf(byId('check-state'))).toContain('Checking…'));
  });

  it('ends when nobody looks at the file any more, says nothing of that, and begins anew', async () => {
    const { fake, user } = await scene('file-checking');
    await waitFor(() => expect(textOf(byId('check-state'))).toContain('Checking…'));
    expect(byId('nav-running').querySelector('.name')?.textContent).toBe('shop.tar.gz');
    expect(byId('nav-running').querySelector('.name')?.getAttribute('title')).toBe('/home/ada/Downloads/shop.tar.gz');
    await user.click(byId('inside-back'));
    await waitFor(() => expect(fake.of('run_cancel')).toEqual([{ run: 'check' }]));
    fake.event({ event: 'run_finished', ...ended({ id: 'check', kind: 'verify', profile: 'x', state: 'cancelled' }) });
    await findId('recent-backups');
    expect(noId('toast')).toBeNull();
    location.hash = FILE;
    await waitFor(() => expect(fake.of('file_check').at(-1)).toEqual({ file: '1', again: true }));
  });

  it('that fails somewhere else leads to the file', async () => {
    const { fake, user } = await scene('file-checking');
    await waitFor(() => expect(textOf(byId('check-state'))).toContain('Checking…'));
    await user.click(byId('nav-settings'));
    await findId('config-path');
    fake.event({ event: 'run_finished', ...ended({ id: 'check', kind: 'verify', profile: 'x', state: 'failed', error: report() }) });
    await user.click(await screen.findByRole('button', { name: 'Show why' }));
    await waitFor(() => expect(location.hash).toBe(FILE));
  });
});

describe('what is inside', () => {
  it('is searched by name', async () => {
    const { user } = await open(FILE, fullState());
    await user.type(await findId('inside-search'), 'ORDER');
    const rows = () => within(byId('inside-contents')).getAllByRole('row').slice(1).map((row) => row.querySelector('td')?.textContent);
    await waitFor(() => expect(rows()).toEqual(['orders', 'order_lines', 'open_orders', 'orders_by_customer']));
    await user.type(byId('inside-search'), 'zzz');
    expect(textOf(byId('inside-contents'))).toContain('Nothing in it is called so.');
  });

  it('has findings, each with a shape and a word', async () => {
    await scene('file-server');
    const list = within(await findId('findings')).getAllByRole('listitem');
    expect(list.map(({ dataset }) => dataset.tone)).toEqual(['info', 'good', 'warn', 'info', 'info']);
    for (const item of list) expect(item.querySelector('svg')).not.toBeNull();
    expect(list.map((item) => item.querySelector('.visually-hidden')?.textContent)).toEqual(['Note:', 'Good:', 'Careful:', 'Note:', 'Note:']);
    expect(value('restore-target')).toBe('warehouse_restored_1122');
  });
});

describe('a file with no way on', () => {
  it.each([
    ['file-damaged', 'Damaged'],
    ['file-unknown', 'No backup'],
    ['file-encrypted', 'Encrypted'],
  ])('%s says so', async (name, word) => {
    const { fake, user } = await scene(name);
    const card = await findId('refused-file');
    expect(textOf(card)).toContain(word);
    expect(textOf(card).match(/nothing was changed/gi)).toHaveLength(1);
    expect(noId('restore-form')).toBeNull();
    expect(fake.of('file_check')).toEqual([]);
    await user.click(byId('choose-another'));
    expect(fake.of('pick_dump_file')).toHaveLength(1);
  });

  it('that is another program’s dump is shown, with the commands that load it', async () => {
    const { fake } = await scene('file-foreign');
    const facts = textOf(await findId('foreign-file'));
    for (const fact of ['SQL script for MariaDB, compressed with gzip', 'MariaDB 10.11.19', 'mariadb-dump 10.19', 'blog', 'runs everything that stands in it']) expect(facts).toContain(fact);
    expect(textOf(byId('by-hand'))).toContain('Load it in a terminal');
    expect(byId('own-command').textContent).toBe('kronos restore /home/ada/Downloads/blog.sql.gz --to restored --profile PROFILE');
    expect(byId('by-hand-commands').textContent).toBe('mariadb-admin create restored\ngzip -dc /home/ada/Downloads/blog.sql.gz | mariadb restored');
    expect(noId('restore-start')).toBeNull();
    expect(fake.of('file_check')).toEqual([]);
  });

  it('that is gone can be looked for again', async () => {
    const { fake, user } = await scene('file-gone');
    await findId('restore-look-again');
    fake.answers.file_look = () => fileInside();
    await user.click(byId('restore-look-again'));
    await findId('restore-fine');
  });
});

describe('commands by hand', () => {
  const look = (over: Parameters<typeof foreignInside>[0]) => {
    const answer = foreignInside(over).look;
    if (answer.kind !== 'foreign') throw new Error('not foreign');
    return commands(answer);
  };

  it('quote what a shell would take apart', () => {
    expect(quoted('/home/ada/a.sql')).toBe('/home/ada/a.sql');
    expect(quoted("it's; rm -rf ~")).toBe("'it'\\''s; rm -rf ~'");
    expect(quoted('-rf')).toBe("'-rf'");
    expect(look({ location: '/tmp/$(reboot).sql', compression: 'none' })).toContain("cat '/tmp/$(reboot).sql' | mariadb");
  });

  it('are not given for a name that a terminal could misread, nor where an old database could be hit', () => {
    for (const location of ['/tmp/a\nreboot\n.sql', '/tmp/\u001b[201~reboot.sql', '/tmp/a\u202eb.sql', '/tmp/a\tb.sql']) expect(look({ location })).toBeNull();
    expect(look({ form: 'mongo_archive', source: null })).toBeNull();
    expect(look({ dialect: 'unknown' })).toBeNull();
  });

  it('never overwrite', () => {
    expect(look({ form: 'sqlite_file', compression: 'none', location: '/a.db' })).toBe(`test ! -e restored.db && sqlite3 /a.db ".backup 'restored.db'"`);
    expect(look({ form: 'sqlite_file', compression: 'zstd', location: '/a.db' })).toBe('test ! -e restored.db && zstd -dc /a.db > restored.db');
    expect(look({ dialect: 'sqlite', compression: 'none', location: '/a.sql' })).toBe('test ! -e restored.db && cat /a.sql | sqlite3 -safe -bail restored.db');
    expect(look({ form: 'mongo_archive', compression: 'gzip', location: '/a', source: 'crm' })).toBe("gzip -dc /a | mongorestore --archive --stopOnError '--nsFrom=crm.*' '--nsTo=crm_restored.*'");
    expect(look({ form: 'pg_custom', compression: 'none', location: '/a' })).toBe('createdb --template=template0 restored\npg_restore --exit-on-error --no-owner --dbname=restored /a');
  });

  it('say so in the window', async () => {
    await open(FILE, fullState(), { file_look: () => foreignInside({ location: '/tmp/a\nreboot.sql' }) });
    expect(textOf(await findId('by-hand-none'))).toContain('characters that a terminal could misread');
    expect(noId('by-hand-commands')).toBeNull();
  });
});
