// The editor of a database server: adding, editing, testing.
import { fireEvent, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { emptyState } from '../dev/fixtures';
import { serverState } from '../dev/server_scenes';
import { lackingProbe, parsedUrl, serverProbe } from '../dev/servers';
import { atServers as here, refuse, saved, server } from './servers';
import { byId, findId, noId, open, textOf } from './window';

const value = (id: string) => (byId(id) as HTMLInputElement).value;
const paste = (text: string) => fireEvent.paste(byId('server-url'), { clipboardData: { getData: () => text } });

describe('adding a server', () => {
  it('sends what was filled in, and proposes a name', async () => {
    const opened = await here('#/databases?add=1');
    const { user } = opened;
    await user.click(byId('profile-engine-mysql'));
    expect(noId('profile-path')).toBeNull();
    await user.clear(byId('server-host'));
    await user.type(byId('server-host'), 'db.example.org');
    await user.type(byId('server-port'), '3307');
    await user.type(byId('server-user'), 'app');
    await user.selectOptions(byId('server-password-from'), 'typed');
    await user.type(byId('server-password'), 'p$a"b');
    expect(byId('server-password').getAttribute('type')).toBe('password');
    await user.type(byId('server-ca'), '~/ca.pem');
    expect(value('profile-name')).toBe('db');
    await user.click(byId('profile-save'));
    expect(saved(opened).draft).toMatchObject({ name: 'db', engine: 'mysql', paths: [] });
    expect(server(opened)).toMatchObject({
      host: 'db.example.org', port: 3307, user: 'app', password: { from: 'typed', text: 'p$a"b' }, tls: null, ca_file: '~/ca.pem', databases: [], container: '',
    });
    await waitFor(() => expect(noId('database-editor')).toBeNull());
    expect(document.body.innerHTML).not.toContain('p$a"b');
  });

  it('fills the form from a pasted URL, masks its password, and shows nothing of the URL', async () => {
    const opened = await here('#/databases?add=1', { connection_parse_url: () => parsedUrl() });
    const { user, fake } = opened;
    await user.click(byId('profile-engine-mongodb'));
    await paste('postgres://app:p%24a%22b@db.example.org:6432/shop');
    await waitFor(() => expect(textOf(byId('server-url-hint'))).toContain('masked below'));
    expect(fake.of('connection_parse_url')).toEqual([{ text: 'postgres://app:p%24a%22b@db.example.org:6432/shop' }]);
    expect(value('server-url')).toBe('');
    expect([value('server-host'), value('server-port'), value('server-user')]).toEqual(['db.example.org', '6432', 'app']);
    expect(byId('server-password').getAttribute('type')).toBe('password');
    expect(byId('profile-engine-postgres')).toHaveProperty('checked', true);
    expect(textOf(byId('database-editor'))).toContain('connect_timeout is not used');
    await user.click(byId('profile-save'));
    expect(saved(opened).draft).toMatchObject({ name: 'shop', engine: 'postgres' });
    expect(server(opened)).toMatchObject({ databases: ['shop'], password: { from: 'typed', text: 'p$a"b' } });
  });

  it('says beside the field why a URL cannot be read, and leaves it there to be corrected', async () => {
    const { user } = await here('#/databases?add=server', { connection_parse_url: refuse({ why: 'This is no connection URL' }) });
    await paste('http://example.org');
    await waitFor(() => expect(textOf(byId('server-url-hint'))).toBe('This is no connection URL.'));
    expect(value('server-url')).toBe('http://example.org');
    await user.type(byId('server-url'), '{Enter}');
    expect(noId('database-editor')).not.toBeNull();
  });

  it.each([
    ['socket', 'server-host', '/run/mysqld/mysqld.sock', { host: '/run/mysqld/mysqld.sock', container: '' }],
    ['container', 'server-container', 'shop-db', { host: '', container: 'shop-db' }],
  ])('by %s', async (reach, field, text, expected) => {
    const opened = await here('#/databases?add=server');
    await opened.user.click(byId(`server-reach-${reach}`));
    await opened.user.type(byId(field), text);
    await opened.user.click(byId('profile-save'));
    expect(server(opened)).toMatchObject(expected);
  });

  it.each([
    ['env', 'SHOP_PW', { from: 'env', name: 'SHOP_PW' }],
    ['file', '~/.pw', { from: 'file', path: '~/.pw' }],
    ['command', 'pass show shop', { from: 'command', line: 'pass show shop' }],
  ])('with a password from %s', async (from, text, expected) => {
    const opened = await here('#/databases?add=server');
    await opened.user.selectOptions(byId('server-password-from'), from);
    await opened.user.click(byId('profile-save'));
    expect(document.activeElement).toBe(byId('server-password'));
    await opened.user.type(byId('server-password'), text);
    await opened.user.click(byId('profile-save'));
    expect(server(opened).password).toEqual(expected);
  });

  it('goes to the field that is wrong, on its tab', async () => {
    const { user, fake } = await here('#/databases?add=server');
    await user.click(byId('tab-contents'));
    await user.click(byId('databases-chosen'));
    await user.click(byId('tab-connection'));
    await user.type(byId('server-port'), '70000');
    await user.click(byId('profile-save'));
    expect(document.activeElement).toBe(byId('server-port'));
    expect(textOf(byId('tab-contents'))).toContain('to be corrected');
    await user.clear(byId('server-port'));
    await user.click(byId('profile-save'));
    await waitFor(() => expect(document.activeElement).toBe(byId('databases-named')));
    expect(fake.of('profile_save')).toEqual([]);
    await user.type(byId('databases-named'), 'shop');
    await user.click(byId('profile-save'));
    expect(fake.of('profile_save')[0].draft.server.databases).toEqual(['shop']);
  });

  it('puts a refusal of the engine beside its field', async () => {
    const { user } = await here('#/databases?edit=warehouse', { profile_save: refuse({ code: 'config_invalid', why: 'There is no folder `/nowhere`', field: 'tools' }) });
    await user.click(byId('tab-contents'));
    await user.click(byId('profile-save'));
    await waitFor(() => expect(document.activeElement).toBe(byId('server-tools')));
    expect(byId('server-tools').getAttribute('aria-invalid')).toBe('true');
    expect(textOf(byId('database-editor'))).toContain('There is no folder /nowhere');
  });

  it('makes the first place for backups, too', async () => {
    const { fake, user } = await open('#/home', emptyState());
    await user.click(byId('first-server'));
    await findId('profile-folder');
    expect(value('profile-folder')).toBe('/home/ada/Kronos Backups');
    await user.type(byId('server-user'), 'app');
    await user.click(byId('profile-save'));
    expect(fake.of('storage_save')).toEqual([{ original: null, draft: { name: 'backups', path: '/home/ada/Kronos Backups' } }]);
    expect(fake.of('profile_save')[0].draft.engine).toBe('postgres');
  });
});

describe('editing a server', () => {
  it('keeps a saved password without knowing it, and everything that was not touched', async () => {
    const opened = await here('#/databases?edit=warehouse');
    expect(textOf(byId('server-password-saved'))).toBe('In the keychain');
    expect(noId('profile-engine-sqlite')).toBeNull();
    await opened.user.type(byId('server-user'), '2');
    await opened.user.click(byId('profile-save'));
    const before = serverState().profiles[0]?.draft.server;
    expect(server(opened)).toEqual({ ...before, user: 'app2' });
    expect(saved(opened).original).toBe('warehouse');
  });

  it('forgets a typed password when another way is chosen', async () => {
    const opened = await here('#/databases?edit=warehouse');
    await opened.user.selectOptions(byId('server-password-from'), 'typed');
    await opened.user.type(byId('server-password'), 'secret');
    await opened.user.selectOptions(byId('server-password-from'), 'saved');
    await opened.user.click(byId('profile-save'));
    expect(server(opened).password).toEqual({ from: 'saved', place: 'the keychain' });
  });

  it('calls a remote server that nobody verifies so, and not one on this computer', async () => {
    const { user } = await here('#/databases?edit=staging');
    expect(textOf(byId('server-tls-caution'))).toContain('nobody checks that it really is db.example.org');
    await user.selectOptions(byId('server-tls'), 'off');
    expect(textOf(byId('server-tls-caution'))).toContain('in plain text');
    await user.selectOptions(byId('server-tls'), '');
    expect(noId('server-tls-caution')).toBeNull();
  });
});

describe('a test of a connection', () => {
  it('asks with the saved profile, and says version, protection, tool and place', async () => {
    const { fake, user } = await here('#/databases?edit=warehouse');
    await user.click(byId('profile-test'));
    const found = textOf(await findId('probe-result'));
    for (const fact of ['Connected', 'PostgreSQL 17.2', 'TLS 1.3, certificate verified', 'pg_dump 17.2 /usr/lib/postgresql/17/bin/pg_dump', 'warehouse 610 MB · 6 tables']) {
      expect(found).toContain(fact);
    }
    expect(fake.of('profile_probe')[0]).toMatchObject({ original: 'warehouse', draft: { server: { password: { from: 'saved' } } } });
    await user.type(byId('server-host'), 'x');
    expect(noId('probe-result')).toBeNull();
  });

  it('has the statement to copy for each missing right, and for all', async () => {
    const { user } = await here('#/databases?edit=warehouse', { profile_probe: lackingProbe });
    await user.click(byId('profile-test'));
    const [first] = within(await findId('missing-rights')).getAllByTestId('copy-grant');
    if (first) await user.click(first);
    expect(await navigator.clipboard.readText()).toBe('GRANT SELECT ON public.payments TO app;');
    await user.click(byId('copy-grants'));
    expect((await navigator.clipboard.readText()).split('\n')).toHaveLength(2);
    expect(textOf(byId('probe-result'))).toContain('Rights are missing');
  });

  it('that comes back after the form has changed is not shown', async () => {
    let answer: (found: unknown) => void = () => undefined;
    const { user } = await here('#/databases?edit=warehouse', { profile_probe: () => new Promise((resolve) => (answer = resolve)) });
    await user.click(byId('profile-test'));
    await user.type(byId('server-host'), 'x');
    answer(serverProbe());
    await waitFor(() => expect(byId('profile-test').getAttribute('aria-busy')).toBeNull());
    expect(noId('probe-result')).toBeNull();
  });
});

describe('what a database is to its owner', () => {
  const protectedNow = () => (byId('profile-protected') as HTMLInputElement).checked;

  it('is said only where it is not usual, and follows the host', async () => {
    const opened = await here('#/databases?add=server');
    const { user } = opened;
    expect(protectedNow()).toBe(false);
    await user.clear(byId('server-host'));
    await user.type(byId('server-host'), 'db.example.org');
    expect(protectedNow()).toBe(true);
    await user.type(byId('profile-tag'), ' production');
    expect(byId('environment-tag').dataset.tone).toBe('production');
    await user.click(byId('profile-save'));
    expect(saved(opened).draft).toMatchObject({ protected: null, tag: 'production' });
  });

  it.each([
    ['db.example.org', false],
    ['localhost', true],
  ])('at %s it can be said otherwise', async (host, said) => {
    const opened = await here('#/databases?add=server');
    await opened.user.clear(byId('server-host'));
    await opened.user.type(byId('server-host'), host);
    await opened.user.click(byId('profile-protected'));
    await opened.user.click(byId('profile-save'));
    expect(saved(opened).draft.protected).toBe(said);
  });

  it('stays as it was said, and a refused tag is told beside it', async () => {
    const profiles = serverState().profiles.map((one) => ({ ...one, is_protected: true, draft: { ...one.draft, protected: true, tag: 'live' } }));
    const opened = await open('#/databases?edit=warehouse', serverState({ profiles }), { profile_save: refuse({ code: 'config_invalid', why: 'A tag must not be longer', field: 'tag' }) });
    expect(protectedNow()).toBe(true);
    await opened.user.click(byId('profile-save'));
    expect(saved(opened).draft).toMatchObject({ protected: true, tag: 'live' });
    await waitFor(() => expect(document.activeElement).toBe(byId('profile-tag')));
    await opened.user.click(byId('profile-protected'));
    await opened.user.click(byId('profile-save'));
    await waitFor(() => expect(opened.fake.of('profile_save').at(-1).draft.protected).toBe(null));
  });
});
