// Replacing something that exists: nothing begins before what has to be typed was typed, and it can be undone.
import { cleanup, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { ended, fullState, report, run } from '../dev/fixtures';
import { remoteCard, restoreView, targetCard } from '../dev/replacing';
import { REPLACE_SCENES } from '../dev/replace_scenes';
import { missing, sides } from '../lib/replace';
import { restores } from '../lib/restores.svelte';
import { session } from '../lib/state.svelte';
import { byId, findId, noId, open, textOf, type Opened } from './window';

const value = (id: string) => (byId(id) as HTMLInputElement).value;
const blocked = (id: string) => byId(id).getAttribute('aria-disabled') === 'true';

async function scene(name: string, hash = '#/restore?backup=shop_0') {
  const found = REPLACE_SCENES[name];
  if (found === undefined) throw new Error(`no scene ${name}`);
  return open(hash, found.state(), { ...found.answers });
}

/** As far as the question. */
async function ask({ user }: Opened) {
  await user.click(await findId('restore-place-replace'));
  await waitFor(() => expect(blocked('replace-open')).toBe(false), { timeout: 3000 });
  await user.click(byId('replace-open'));
  await findId('before-after');
}

describe('replacing', () => {
  it('is not the first choice, shows its target, and starts nothing by itself', async () => {
    const opened = await scene('replace');
    await findId('restore-fine');
    await opened.user.click(byId('restore-place-replace'));
    expect(value('replace-target')).toBe('/home/ada/code/shop/shop.db');
    expect(noId('restore-start')).toBeNull();
    const card = textOf(await findId('target-card'));
    for (const fact of ['/home/ada/code/shop/shop.db', 'On this computer', 'SQLite 3.53.0', '43 tables, 1 209 880 rows, 612 MB', 'h ago']) expect(card).toContain(fact);
    expect(textOf(byId('replace-open'))).toBe('Replace shop.db…');
    expect(opened.fake.of('restore_start')).toEqual([]);
  });

  it('asks with the focus on what changes nothing; Esc keeps it', async () => {
    const opened = await scene('replace');
    await ask(opened);
    expect(document.activeElement).toBe(byId('replace-keep'));
    expect(textOf(byId('replace-keep'))).toBe('Keep shop.db');
    const lost = textOf(byId('before-after'));
    for (const fact of ['1 will be gone', '5 549 fewer', 'are lost']) expect(lost).toContain(fact);
    expect(textOf(byId('gone'))).toContain('audit_tmp');
    await opened.user.keyboard('{Escape}');
    await waitFor(() => expect(noId('replace-dialog')).toBeNull());
    expect(document.activeElement).toBe(byId('replace-open'));
    expect(opened.fake.of('restore_start')).toEqual([]);
  });

  it('begins only when the name was typed, exactly, and never by Enter', async () => {
    const opened = await scene('replace');
    const { fake, user } = opened;
    await ask(opened);
    await user.click(byId('replace-go'));
    expect(byId('replace-go').getAttribute('title')).toBe('Type shop.db first');
    await user.type(byId('replace-typed'), 'Shop');
    expect(byId('replace-typed').getAttribute('aria-invalid')).toBe('true');
    expect(textOf(byId('replace-wanted'))).toContain('This is not shop.db');
    await user.clear(byId('replace-typed'));
    await user.type(byId('replace-typed'), 'shop.db{Enter}');
    expect(fake.of('restore_start')).toEqual([]);
    expect(blocked('replace-go')).toBe(false);
    await user.click(byId('replace-go'));
    await waitFor(() => expect(fake.of('restore_start')).toHaveLength(1));
    expect(fake.of('restore_start')[0].draft).toMatchObject({
      backup: 'shop_0',
      target: '/home/ada/code/shop/shop.db',
      replace: { typed_name: 'shop.db', disconnect: false, without_safety: null },
    });
    await waitFor(() => expect(noId('replace-dialog')).toBeNull());
  });

  it('without a safety backup takes a whole sentence', async () => {
    const opened = await scene('replace');
    const { fake, user } = opened;
    await ask(opened);
    await user.type(byId('replace-typed'), 'shop.db');
    await user.click(byId('replace-unsafe'));
    await findId('replace-unsafe-note');
    expect(value('replace-typed')).toBe('');
    await waitFor(() => expect(fake.of('restore_card').at(-1).draft.replace.without_safety).toBe(''));
    await user.type(byId('replace-typed'), 'shop.db');
    expect(blocked('replace-go')).toBe(true);
    await user.clear(byId('replace-typed'));
    await user.type(byId('replace-typed'), 'replace shop.db without a safety backup');
    await user.click(byId('replace-go'));
    await waitFor(() => expect(fake.of('restore_start')).toHaveLength(1));
    expect(fake.of('restore_start')[0].draft.replace).toEqual({ typed_name: '', disconnect: false, without_safety: 'replace shop.db without a safety backup', shown: '/home/ada/code/shop/shop.db' });
  });

  it('of another computer takes its host, and a tick for those who are connected', async () => {
    const opened = await scene('replace-remote', '#/restore?backup=warehouse_1');
    const { fake, user } = opened;
    await ask(opened);
    expect(textOf(byId('replace-dialog'))).toContain('On another computer');
    await user.type(byId('replace-typed'), 'warehouse@db.example.org');
    expect(byId('replace-go').getAttribute('title')).toContain('Tick first');
    await user.click(byId('replace-disconnect'));
    await user.click(byId('replace-go'));
    await waitFor(() => expect(fake.of('restore_start')).toHaveLength(1));
    expect(fake.of('restore_start')[0].draft.replace).toMatchObject({ typed_name: 'warehouse@db.example.org', disconnect: true });
  });

  it('that is refused goes no further, and says why', async () => {
    const opened = await scene('replace-in-use');
    await opened.user.click(await findId('restore-place-replace'));
    await waitFor(() => expect(byId('replace-open').getAttribute('title')).toContain('is in use by node, sqlite3'), { timeout: 3000 });
    await opened.user.click(byId('replace-open'));
    expect(noId('replace-dialog')).toBeNull();
    expect(missing(targetCard({ refusal: report({ why: 'No' }) }), { typed: 'shop.db', disconnect: true, safety: true }, true)).toBe('No');
  });

  it('of a protected database is refused, with the reason and the way, and nothing to type', async () => {
    const { fake, user } = await scene('replace-locked', '#/restore?backup=warehouse_1');
    await user.click(await findId('restore-place-replace'));
    await waitFor(() => expect(noId('target-card')).not.toBeNull(), { timeout: 3000 });
    expect(textOf(byId('environment-tag'))).toBe('production');
    expect(byId('environment-tag').dataset.tone).toBe('production');
    expect(textOf(byId('environment-locked'))).toBe('Protected');
    expect(document.body.textContent).toContain('take the protection away in the settings of warehouse');
    expect(byId('replace-open').getAttribute('title')).toContain('is protected by the profile warehouse');
    await user.click(byId('replace-open'));
    expect([noId('replace-dialog'), noId('replace-typed')]).toEqual([null, null]);
    expect(fake.of('restore_start')).toEqual([]);
  });

  it('that is locked while its question is open asks for nothing more', async () => {
    const opened = await scene('replace-remote', '#/restore?backup=warehouse_1');
    await ask(opened);
    const { fake, user } = opened;
    const locked = REPLACE_SCENES['replace-locked']?.answers?.restore_card;
    if (locked === undefined) throw new Error('no such scene');
    fake.answers.restore_card = locked;
    await user.click(byId('replace-unsafe'));
    await findId('replace-locked');
    for (const id of ['replace-typed', 'replace-unsafe', 'replace-disconnect', 'replace-safety']) expect(noId(id)).toBeNull();
    expect(blocked('replace-go')).toBe(true);
    await user.click(byId('replace-go'));
    expect(fake.of('restore_start')).toEqual([]);
  });

  it('on a server that nobody can tell from others says so and takes its port, too', async () => {
    const opened = await scene('replace-unproven');
    await ask(opened);
    expect(textOf(byId('replace-dialog'))).toContain('Nobody can tell whether this is the server');
    await opened.user.type(byId('replace-typed'), 'shop.db');
    expect(blocked('replace-go')).toBe(true);
    await opened.user.type(byId('replace-typed'), '@localhost:5432');
    expect(blocked('replace-go')).toBe(false);
  });

  it('that the engine refuses after all stays open with the reason', async () => {
    const opened = await scene('replace');
    opened.fake.answers.restore_start = () => Promise.reject(report({ what: 'The restore was not started', why: 'It was not confirmed' }) as never);
    await ask(opened);
    await opened.user.type(byId('replace-typed'), 'shop.db');
    await opened.user.click(byId('replace-go'));
    await waitFor(() => expect(textOf(byId('replace-dialog'))).toContain('It was not confirmed'));
    expect(value('replace-typed')).toBe('shop.db');
  });

  it('says nothing of what is not known', () => {
    const told = sides(remoteCard({ now: { bytes: 1, tables: 1, rows: null, is_estimated: true }, gone_count: 0 }));
    expect(told.map(({ now, remark }) => [now, remark])).toEqual([['1', ''], ['not counted', ''], ['1\u202fB', ''], ['', '']]);
  });
});

describe('after a replacement', () => {
  it('it can be undone from the result, with a look at what that would lose', async () => {
    const { fake, user } = await scene('replaced', '#/restore');
    const card = await findId('restore-result');
    expect(textOf(card)).toContain('shop is restored, in place of what was there');
    expect(textOf(byId('restored-replaced'))).toContain('shop.db.before');
    await user.click(within(card).getByRole('button', { name: 'Undo…' }));
    await findId('before-after');
    expect(fake.of('undo_card')).toEqual([{ run: 'replacing' }]);
    expect(fake.of('undo_start')).toEqual([]);
    expect(noId('replace-typed')).toBeNull();
    expect(textOf(byId('replace-safety'))).toContain('You can undo this undo');
    await user.click(byId('replace-go'));
    expect(fake.of('undo_start')).toEqual([{ run: 'replacing', disconnect: false }]);
    await waitFor(() => expect(noId('replace-dialog')).toBeNull());
  });

  it('an undo begun inside its backup is followed there, and its end stands where the restore stood', async () => {
    const { fake, user } = await scene('replaced');
    const before = (await findId('restored-replaced')).textContent;
    await user.click(within(byId('restore-result')).getByRole('button', { name: 'Undo…' }));
    await user.click(await findId('replace-go'));
    await waitFor(() => expect(noId('replace-dialog')).toBeNull());
    const undo = session.active[0];
    if (undo === undefined || undo.backup === 'shop_0') throw new Error('the undo is a run of another backup');
    fake.event({ event: 'run_phase', ...undo, state: 'running', phase: 'securing', step: 3 });
    await findId('run-keeps');
    expect(noId('restore-result')).toBeNull();
    const { result } = restoreView();
    if (result?.kind !== 'restore' || result.replaced === undefined || result.replaced === null) throw new Error('it replaced something');
    const replaced = { ...result.replaced, kept_as: '/home/ada/code/shop/shop.db.undone' };
    fake.event({ event: 'run_finished', ...undo, state: 'succeeded', finished_at: new Date().toISOString(), result: { ...result, replaced } });
    await waitFor(() => expect(byId('restored-replaced').textContent).toContain('shop.db.undone'));
    expect(before).toContain('shop.db.before');
    cleanup();
    // Made anew, the page does not show what has been undone since.
    const known = session.recent;
    session.reset();
    await open('#/restore?backup=shop_0', fullState({ recent_runs: known }));
    await findId('restore-form');
    expect(noId('restore-result')).toBeNull();
  });

  it('of what is protected by now is locked', async () => {
    const { fake, user } = await scene('undo-locked', '#/restore');
    await user.click(await findId('undo-restore-1'));
    await findId('replace-locked');
    expect(blocked('replace-go')).toBe(true);
    await user.click(byId('replace-go'));
    expect(fake.of('undo_start')).toEqual([]);
  });

  it('a window that is made anew offers the undo, too', async () => {
    const { fake, user } = await open('#/restore', fullState(), { restores_list: () => [restoreView()] });
    await user.click(await findId('undo-restore-1'));
    await user.click(await findId('replace-go'));
    await waitFor(() => expect(fake.of('undo_start')).toEqual([{ run: 'restore-1', disconnect: false }]));
    cleanup();
    session.reset();
    restores.reset();
    await open('#/restore', fullState(), { restores_list: () => [restoreView({ undo_until: new Date(Date.now() - 1000).toISOString() })] });
    await findId('restored-restore-1');
    expect(noId('undo-restore-1')).toBeNull();
  });

  it('the run says that Cancel changes nothing, and the list is read again at its end', async () => {
    const { fake } = await scene('replace-running');
    expect(textOf(await findId('run-keeps'))).toBe('Cancel now keeps what is there as it was.');
    fake.event({ event: 'run_phase', ...run({ id: 'replacing', kind: 'restore', backup: 'shop_0', replaces: true, phase: 'finishing' }) });
    await waitFor(() => expect(textOf(byId('run-keeps'))).toContain('Until the swap begins'));
    fake.event({ event: 'run_finished', ...ended({ id: 'replacing', kind: 'restore', backup: 'shop_0', replaces: true, state: 'failed', error: report({ what: '`shop.db` was not replaced' }) }) });
    expect(textOf(await findId('restore-result'))).toContain('shop.db was not replaced');
  });
});
