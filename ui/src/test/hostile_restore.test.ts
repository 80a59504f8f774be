// A hundred payloads through the screens around a restore: targets, rows, differences, what was restored before.
import { screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backup, details, fullState, profile, report } from '../dev/fixtures';
import { foreignInside } from '../dev/files';
import { unlimited } from '../dev/load_scenes';
import { restoreTest } from '../dev/proofs';
import { remoteCard, restoreView } from '../dev/replacing';
import { comparison, tableRows, text as cell } from '../dev/rows';
import { expectOnlyText } from './harm';
import { PAYLOADS } from './payloads';
import { byId, findId, noId, open } from './window';

const hacked = vi.fn();

beforeEach(() => {
  hacked.mockClear();
  Object.assign(window, { hacked });
});
afterEach(() => expect(hacked).not.toHaveBeenCalled());

/** Opens something by a click, looks, and closes it by Escape, once for each payload. */
async function through(opened: Awaited<ReturnType<typeof open>>, opener: string, dialog: string, set: (text: string) => void, there: string) {
  for (const text of PAYLOADS) {
    set(text);
    byId(opener).click();
    await findId(there);
    expectOnlyText();
    await opened.user.keyboard('{Escape}');
    await waitFor(() => expect(noId(dialog)).toBeNull());
  }
}

const named = (text: string) => remoteCard({ target: text, confirm: text, confirm_without_safety: `replace ${text}`, server: text, host: text, programs: [text], gone: [text, text], gone_count: 2, safety_storage: text, refusal: report({ what: text, why: text, next_step: text }) });

describe('a hundred payloads', () => {
  it('stay text in the target of a replacement and in its undo', async () => {
    const opened = await open('#/restore', fullState(), { restores_list: () => [restoreView()] });
    await findId('undo-restore-1');
    await through(opened, 'undo-restore-1', 'replace-dialog', (text) => (opened.fake.answers.undo_card = () => named(text)), 'before-after');
  }, 240_000);

  it('stay text in the names of what was restored before', async () => {
    const list = PAYLOADS.map((text, index) => restoreView({ run: `r${index}`, profile: text, target: text, state: index % 2 === 0 ? 'interrupted' : 'failed', error: report({ what: text, why: text }) }));
    const { fake } = await open('#/restore', fullState());
    for (let index = 0; index < list.length; index += 8) {
      fake.answers.restores_list = () => list.slice(index, index + 8);
      fake.event({ event: 'backups_changed' });
      await screen.findByTestId(`restored-r${index}`);
      expectOnlyText();
    }
  }, 120_000);

  it('stay text in rows and in the names of columns', async () => {
    const opened = await open('#/restore?backup=shop_0', fullState());
    await findId('rows-of-orders');
    const rows = (text: string) => tableRows({ table: text, database: text, columns: [text, text], rows: [[cell(text), cell(text, 9e6)], [{ kind: 'binary', hex: '3c73', length: 2 }, { kind: 'null' }]] });
    await through(opened, 'rows-of-orders', 'rows-dialog', (text) => (opened.fake.answers.rows_first = () => rows(text)), 'rows');
  }, 240_000);

  it('stay text in a comparison', async () => {
    const rows = PAYLOADS.map((name, index) => backup({ id: `b${index}`, profile: 'shop', storage: name }));
    const { fake, user } = await open('#/restore?backup=shop_0', fullState(), {}, rows);
    await user.click(await findId('compare'));
    for (const text of PAYLOADS) {
      const [database] = comparison().databases;
      if (database === undefined) throw new Error('no database');
      const differences = database.differences.map((difference) => ({ ...difference, name: text, kind: text }));
      const side = { name: text, at: '2026-11-22T10:00:00Z', is_live: true, is_checked: false };
      fake.answers.compare_live = () => comparison({ before: { ...side, is_live: false }, after: side, databases: [{ ...database, name: text, other_name: text, differences }] });
      const asked = fake.of('compare_live').length;
      // It takes no click while the answer before is still on its way.
      await waitFor(() => expect(byId('compare-go').getAttribute('aria-busy')).toBeNull());
      byId('compare-go').click();
      await waitFor(() => expect(fake.of('compare_live')).toHaveLength(asked + 1));
      await findId('differences');
      expectOnlyText();
    }
  }, 240_000);

  it('stay text in restore tests, in tables to tick and in the places of a restore', async () => {
    const profiles = PAYLOADS.map((name) => profile({ name, restore_test: { backup: name, test: restoreTest({ outcome: 'failed', sentence: name }) } }));
    const { fake } = await open('#/databases', fullState({ profiles }));
    await screen.findAllByTestId('test-badge');
    expectOnlyText();
    const objects = PAYLOADS.map((name) => ({ kind: 'table' as const, name, rows: 1 }));
    const [unit] = details().units;
    if (unit === undefined) throw new Error('no unit');
    fake.answers.backup_details = () => ({ ...details(), units: [{ ...unit, objects: [...new Map(objects.map((object) => [object.name, object])).values()] }], on_server: true, restore_profiles: PAYLOADS });
    location.hash = '#/restore?backup=shop_0';
    (await findId('restore-tables-some')).click();
    await findId('restore-ticks');
    expectOnlyText();
    byId('restore-place-scratch').click();
    await findId('scratch-start');
    expectOnlyText();
  }, 120_000);

  it('stay text in a plan, in the names of a dump and in its refusal', async () => {
    const { fake } = await open('#/home', fullState());
    for (const [index, text] of PAYLOADS.entries()) {
      const look = { source: text, own_databases: [text, text], location: `/tmp/${text}`, findings: [{ level: 'warning' as const, sentence: text }], objects: [{ kind: 'table' as const, name: text }] };
      const places = { databases: [text, `${text} 2`], profiles: [text], seal: { place: 'a', state: `${index}` }, suggested_target: `t ${text}` };
      fake.answers.file_look = () => foreignInside(look, places);
      fake.answers.file_load_plan = () => {
        if (index % 4 === 3) throw report({ code: 'not_supported', what: text, why: text, next_step: text });
        return { ...unlimited(), user: text, target: text, dump: text, warnings: [text], notes: [text] };
      };
      location.hash = '#/home';
      await waitFor(() => expect(noId('load-form')).toBeNull());
      location.hash = '#/restore?file=1';
      await findId('load-form');
      await waitFor(() => expect(index % 4 === 3 ? noId('error') : noId('load-superuser')).not.toBeNull());
      expectOnlyText();
    }
  }, 240_000);
});
