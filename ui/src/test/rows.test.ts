// Rows and differences: text only, honest about what is cut and what was compared, and ended when nobody looks.
import { serverState } from '../dev/server_scenes';
import { serverDetails } from '../dev/servers';
import { cleanup, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { backup, fullState, report } from '../dev/fixtures';
import { comparison, tableRows, text } from '../dev/rows';
import { caption, change, reach, shown, verdict } from '../lib/rows';
import { session } from '../lib/state.svelte';
import { byId, findId, noId, open, textOf } from './window';

const INSIDE = '#/restore?backup=shop_0';
const SERVER = '#/restore?backup=warehouse_1';
const cells = (row: number) => within(within(byId('rows')).getAllByRole('row')[row] as HTMLElement).getAllByRole('cell').map(textOf);

describe('the first rows', () => {
  it('are shown from Look inside, each value as what it is', async () => {
    const { fake, user } = await open(INSIDE, fullState());
    await user.click(await findId('rows-of-orders'));
    expect(textOf(await findId('rows-caption'))).toBe('The first 100 rows of 1 204 331, in the order of the backup. What stands behind them in the archive was not read.');
    expect(fake.of('rows_first')).toEqual([{ archive: { what: 'backup', id: 'shop_0' }, order: { database: 'shop.db', table: 'orders', limit: 100 } }]);
    expect(cells(1)).toEqual(['1', 'Kundin Nº 0', 'NULL', '89 50 4e 47 0d 0a 1a 0a… 16 kB']);
    expect(cells(3)[2]).toMatch(/^long .*… 1\.2 MB$/);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(noId('rows-dialog')).toBeNull());
    expect(fake.of('look_stop')).toEqual([]);
  });

  it('are shown from the drawer and from a file, too', async () => {
    const { fake, user } = await open('#/backups?id=shop_0', fullState());
    await user.click(await findId('rows-of-orders'));
    await findId('rows');
    expect(byId('drawer')).toBeTruthy();
    expect(fake.of('rows_first')).toHaveLength(1);
    cleanup();
    session.reset();
    const again = await open('#/restore?file=1', fullState());
    await again.user.click(await findId('rows-of-orders'));
    await waitFor(() => expect(again.fake.of('rows_first').at(-1)?.archive).toEqual({ what: 'file', file: '1' }));
  });

  it('are not read any further when nobody looks', async () => {
    const { fake, user } = await open(INSIDE, fullState(), { rows_first: () => new Promise(() => undefined) });
    await user.click(await findId('rows-of-orders'));
    await findId('rows-dialog');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(fake.of('look_stop')).toHaveLength(1));
  });

  it('of another table are asked for when the stop of the look before has arrived', async () => {
    let arrived: (() => void) | undefined;
    const stop = new Promise<void>((resolve) => (arrived = resolve));
    const { fake, user } = await open(INSIDE, fullState(), { rows_first: () => new Promise(() => undefined), look_stop: () => stop });
    await user.click(await findId('rows-of-orders'));
    await findId('rows-dialog');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(fake.of('look_stop')).toHaveLength(1));
    delete fake.answers.rows_first;
    await user.click(await findId('rows-of-orders'));
    await findId('rows-dialog');
    expect(fake.of('rows_first')).toHaveLength(1);
    arrived?.();
    await findId('rows');
    expect(fake.of('rows_first')).toHaveLength(2);
  });

  it('say why they cannot be shown, and can be asked for again', async () => {
    const { fake, user } = await open(INSIDE, fullState(), { rows_first: () => Promise.reject(report({ what: 'The rows cannot be shown', why: 'The archive is damaged' }) as never) });
    await user.click(await findId('rows-of-orders'));
    await waitFor(() => expect(textOf(byId('rows-dialog'))).toContain('The archive is damaged'));
    delete fake.answers.rows_first;
    await user.click(byId('rows-again'));
    await findId('rows');
  });

  it('of an empty table, of a small one, of values that would be misread', () => {
    expect(caption(tableRows({ rows: [] }), 'row')).toBe('There are no rows in it.');
    expect(caption(tableRows({ rows: [[]], is_complete: true }), 'document')).toBe('The only document.');
    expect(shown(text('a\u202eb\u0000')).text).toBe('a\ufffdb\ufffd');
    expect(shown(text('')).tone).toBe('plain');
    expect(shown({ kind: 'null' }).tone).toBe('nothing');
    expect(shown(text('NULL')).tone).toBe('plain');
    expect(shown(text('👩'.repeat(300))).text).toBe(`${'👩'.repeat(200)}…`);
  });
});

describe('a comparison', () => {
  it('with the database as it is now: what is new, gone, changed', async () => {
    const { fake, user } = await open(SERVER, serverState(), { backup_details: () => serverDetails({ id: 'warehouse_1' }) });
    await user.click(await findId('compare'));
    await user.click(await findId('compare-go'));
    expect(textOf(await findId('compare-verdict'))).toBe('Different 3 differences.');
    expect(fake.of('compare_live')).toEqual([{ archive: { what: 'backup', id: 'warehouse_1' }, profile: 'warehouse' }]);
    expect(textOf(byId('differences'))).toMatch(/shop as it was at \d\d:\d\d:\d\d/);
    const rows = within(byId('differences')).getAllByRole('row').slice(1).map((row) => [...row.children].map(textOf).filter((cell) => cell !== '').join(' '));
    expect(rows).toEqual(['audit_tmp table gone 12', 'coupons table new 40', 'orders table other structure, other rows 1 204 331 1 209 880', 'spent view left out of one side']);
    expect(textOf(byId('compare-dialog'))).toContain('39 objects without a difference. Rows are compared by their number, structure by its definitions.');
  });

  it('with another backup puts the older one first', async () => {
    const { fake, user } = await open(INSIDE, fullState());
    await user.click(await findId('compare'));
    await waitFor(() => expect(within(byId('compare-with')).getAllByRole('option').length).toBeGreaterThan(1));
    // A file can be compared, too.
    expect(textOf(byId('compare-with'))).toContain('The live database of shop');
    await user.selectOptions(byId('compare-with'), 'backup shop_3');
    await user.click(byId('compare-go'));
    await findId('compare-verdict');
    expect(fake.of('compare_archives')).toEqual([{ before: { what: 'backup', id: 'shop_3' }, after: { what: 'backup', id: 'shop_0' } }]);
  });

  it('ends when nobody waits for it', async () => {
    const { fake, user } = await open(INSIDE, fullState(), { compare_live: () => new Promise(() => undefined) });
    await user.click(await findId('compare'));
    expect(byId('compare-dialog').className).toContain('dialog');
    await user.click(await findId('compare-go'));
    expect(byId('compare-dialog').className).toContain('sheet');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(fake.of('look_stop')).toHaveLength(1));
  });

  it('says in a small dialog when there is nothing to compare with', async () => {
    const { user } = await open(INSIDE, fullState({ profiles: [] }), { backups_list: () => [backup({ id: 'shop_0' })] });
    await user.click(await findId('compare'));
    await findId('compare-nothing');
    expect(byId('compare-dialog').className).toContain('dialog');
  });

  it('never sounds more certain than it is', () => {
    const [database] = comparison().databases;
    if (database === undefined) throw new Error('no database');
    expect(reach({ ...database, rows: 'estimates', structure: 'names' })).toBe('Rows are compared with what the server estimates, structure by names only.');
    expect(reach({ ...database, rows: 'identical', structure: 'identical' })).toBe('Both dumps are the same, byte for byte.');
    expect(verdict(comparison({ databases: [], is_equal: true }))).toBe('No difference was found');
    expect(change({ kind: 'table', name: 'a', change: 'estimated', rows_before: 1, rows_after: 2, structure_changed: false })).toContain('estimated');
  });
});
