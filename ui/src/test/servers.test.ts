// Database servers in the window: choosing what is taken, backups, restores, progress.
import { waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { ended, run } from '../dev/fixtures';
import { SCENES } from '../dev/scenes';
import { serverState } from '../dev/server_scenes';
import { serverDetails } from '../dev/servers';
import { atServers as here, refuse, server } from './servers';
import { byId, findId, noId, open, textOf } from './window';

const value = (id: string) => (byId(id) as HTMLInputElement).value;

describe('the contents', () => {
  it('look at the whole server, and follow ticks and choices', async () => {
    const opened = await here('#/databases?edit=warehouse');
    const { user, fake } = opened;
    await user.click(byId('tab-contents'));
    await findId('database-crm');
    expect(fake.of('profile_probe')[0].draft.server).toMatchObject({ databases: [], selection: { exclude_tables: [] } });
    expect(byId('database-warehouse')).toHaveProperty('checked', true);
    expect(byId('database-crm')).toHaveProperty('checked', false);
    expect(textOf(byId('contents-estimate'))).toContain('3 of 6 tables');
    await user.click(byId('database-crm'));
    expect(textOf(byId('contents-estimate'))).toContain('4 of 7 tables');
    await user.selectOptions(byId('table-public.orders'), 'structure');
    await user.selectOptions(byId('table-public.notes'), 'none');
    expect(noId('table-audit.log_2025')).toBeNull();
    expect(textOf(byId('database-editor'))).toContain('Left out by audit.log_*');
    await user.click(byId('server-globals'));
    await user.click(byId('profile-save'));
    expect(server(opened)).toMatchObject({
      databases: ['warehouse', 'crm'],
      selection: { exclude_tables: ['audit.log_*', 'public.notes'], structure_only: ['public.sessions', 'public.orders'] },
      globals: false,
    });
  });

  it('take all but some', async () => {
    const opened = await here('#/databases?edit=warehouse');
    await opened.user.click(byId('tab-contents'));
    await opened.user.click(byId('databases-all'));
    await opened.user.click(await findId('database-metrics'));
    await opened.user.click(byId('profile-save'));
    expect(server(opened)).toMatchObject({ databases: [], selection: { exclude_databases: ['metrics'] } });
  });

  it('can be written by hand where the server does not answer', async () => {
    const opened = await here('#/databases?edit=blog', { profile_probe: refuse({ why: 'Nobody answers' }) });
    const { user } = opened;
    await user.click(byId('tab-contents'));
    await findId('contents-look');
    await user.type(byId('tables-excluded'), 'log_*{Enter}tmp_?');
    await user.click(within(byId('database-editor')).getByRole('button', { name: 'Remove blog' }));
    await user.type(byId('databases-named'), 'blog_*{Enter}');
    await user.click(byId('server-lock'));
    await user.click(byId('profile-save'));
    expect(server(opened)).toMatchObject({ databases: ['blog_*'], selection: { exclude_tables: ['log_*', 'tmp_?'] }, lock_tables: true });
  });

  it('are looked at again after the connection has changed', async () => {
    const { user, fake } = await here('#/databases?edit=warehouse');
    await user.click(byId('tab-contents'));
    await findId('database-crm');
    await user.click(byId('tab-connection'));
    await user.type(byId('server-host'), '2');
    await user.click(byId('tab-contents'));
    await findId('database-crm');
    expect(fake.of('profile_probe').map(({ draft }) => draft.server.host)).toEqual(['localhost', 'localhost2']);
  });

  it('are reached by the arrow keys', async () => {
    const { user } = await here('#/databases?edit=warehouse');
    byId('tab-connection').focus();
    await user.keyboard('{ArrowRight}');
    await waitFor(() => expect(document.activeElement).toBe(byId('tab-contents')));
    await findId('databases-named');
    await user.keyboard('{Home}');
    await waitFor(() => expect(document.activeElement).toBe(byId('tab-connection')));
  });
});

describe('a backup of a server', () => {
  it('shows server, tool, kinds of objects, what was left out, and roles', async () => {
    await here('#/backups?id=warehouse_1');
    const drawer = textOf(await findId('unit-warehouse').then(() => byId('drawer')));
    for (const fact of [
      'PostgreSQL 17.2', 'pg_dump 17.2 /usr/lib/postgresql/17/bin/pg_dump', 'One committed moment of each database',
      '4 tables, 1 view, 1 materialized view, 1 sequence, 1 routine, 1 extension, large objects',
      'audit.log_2025', 'public.sessions, structure only, no rows', 'Roles, their passwords and memberships of the whole server',
    ]) {
      expect(drawer).toContain(fact);
    }
  });
});

describe('a restore to a server', () => {
  it('names a new database on the server of the profile, checked while typing', async () => {
    const { user, fake } = await here('#/restore?backup=warehouse_1');
    await findId('restore-fine');
    expect(value('restore-target')).toBe('warehouse_restored_1122');
    expect(textOf(byId('restore-absent'))).toContain('audit.log_2025');
    expect(textOf(byId('findings'))).toContain('not restored here');
    await user.selectOptions(byId('restore-unit'), 'crm');
    await waitFor(() => expect(value('restore-target')).toBe('crm_restored_1122'));
    await user.selectOptions(byId('restore-server'), 'staging');
    await user.type(byId('restore-target'), 'x');
    await findId('restore-fine');
    expect(textOf(byId('restore-start'))).toBe('Restore to crm_restored_1122x');
    expect(textOf(byId('restore-form'))).not.toContain('file');
    await user.click(byId('restore-start'));
    expect(fake.of('restore_start')).toEqual([{ draft: { backup: 'warehouse_1', database: 'crm', target: 'crm_restored_1122x', profile: 'staging' } }]);
  });

  it('offers databases only, never roles', async () => {
    await here('#/restore?backup=warehouse_1', { backup_details: () => ({ ...serverDetails({ id: 'warehouse_1' }), units: serverDetails().units.filter(({ name }) => name !== 'crm') }) });
    await findId('restore-fine');
    expect(noId('restore-unit')).toBeNull();
  });

  it('says so where no server is configured', async () => {
    const { fake, user } = await here('#/restore?backup=warehouse_1', { backup_details: () => ({ ...serverDetails({ id: 'warehouse_1' }), restore_profiles: [] }) });
    await findId('restore-no-server');
    await user.click(byId('restore-start'));
    expect(fake.of('restore_start')).toEqual([]);
    expect(fake.of('restore_check')).toEqual([]);
  });

  it('tells in its result what to know, and offers no folder', async () => {
    const scene = SCENES['servers-restored'];
    if (scene === undefined) throw new Error('no scene');
    await open('#/restore', scene.state(), scene.answers, scene.backups?.());
    const card = textOf(await findId('restore-result'));
    expect(card).toContain('4 tables, 6 056 559 rows match the backup.');
    expect(card).toContain('The role reporting does not exist on this server; what it owned belongs to app.');
    await waitFor(() => expect(noId('reveal-restored')).toBeNull());
    expect(byId('restored-path').textContent).toBe('localhost:5432/warehouse_restored_1122');
  });
});

describe('progress of a server', () => {
  it('counts rows, calls an estimate so, and says when it was too low', async () => {
    const running = { profile: 'events', phase: 'storing' as const, step: 2, steps: 4, rows_done: 12_400, bytes_done: 90e6, bytes_total: 100e6 };
    const { fake } = await open('#/home', serverState({ active_runs: [run(running)] }));
    expect(textOf(await findId('run-facts'))).toContain('90 MB of about 100 MB · 12 k documents');
    fake.event({ event: 'run_progress', ...run({ ...running, bytes_done: 140e6 }) });
    await waitFor(() => expect(textOf(byId('run-facts'))).toContain('140 MB, more than expected'));
    fake.event({ event: 'run_finished', ...ended({ profile: 'events' }) });
    await waitFor(() => expect(noId('run-facts')).toBeNull());
  });
});
