// Restore tests, scratch places and chosen tables: the badge is earned and ages, and a draft says what was ticked.
import { waitFor } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { ago, DAY, fullState, run } from '../dev/fixtures';
import { FAILED, OLD, PROOF_SCENES, restoreTest } from '../dev/proofs';
import { chosenOnly } from '../lib/chosen_tables';
import { tested, testedSentence } from '../lib/tested';
import { byId, findId, noId, open, textOf } from './window';

const blocked = (id: string) => byId(id).getAttribute('aria-disabled') === 'true';

async function scene(name: string, hash: string) {
  const found = PROOF_SCENES[name];
  if (found === undefined) throw new Error(`no scene ${name}`);
  return open(hash, found.state(), { ...found.answers }, found.backups?.());
}

describe('the badge', () => {
  it('is earned by a restore, ages after its time, and tells of a failure', () => {
    const now = Date.now();
    expect(tested(undefined, now)).toBeNull();
    expect(tested(restoreTest(), now)?.word).toBe('Restore-tested');
    expect(tested(restoreTest(OLD), now)?.word).toBe('Tested 34 days ago');
    expect(tested(restoreTest({ fresh_until: ago(-1) }), now + 1 + DAY)?.shape).toBe('aged');
    expect(tested(restoreTest(FAILED), now)?.shape).toBe('failed');
    expect(testedSentence(restoreTest(OLD), now)).toContain('The last restore test is 34 days old; then it passed');
    expect(testedSentence(restoreTest(FAILED), now)).toContain('1 day ago failed: The table `orders`');
  });

  it('is not shown for a check of the bytes alone', async () => {
    await open('#/backups', fullState());
    await findId('backup-row-shop_0');
    expect(noId('test-badge')).toBeNull();
  });
});

describe('Prove it', () => {
  it('tests the newest backup of a database', async () => {
    const { fake, user } = await scene('proved', '#/databases');
    await user.click((await findId('profile-row-shop')).querySelector('[data-testid=profile-prove]') as HTMLElement);
    expect(fake.of('profile_prove')).toEqual([{ name: 'shop' }]);
    await waitFor(() => expect((byId('profile-row-shop').querySelector('[data-testid=profile-prove]') as HTMLElement).title).toBe('It is being tested'));
  });

  it('tests one backup from its drawer, and shows how far it is', async () => {
    const { fake, user } = await scene('proved', '#/backups?id=fresh');
    expect(textOf(await findId('drawer-tested'))).toContain('42 tables with 1 204 331 rows are as the backup recorded them.');
    await user.click(byId('backup-prove'));
    expect(fake.of('backup_prove')).toEqual([{ id: 'fresh' }]);
    fake.event({ event: 'run_phase', ...run({ id: 'run-x', kind: 'restore_test', backup: 'fresh', phase: 'loading' }) });
    await waitFor(() => expect(byId('drawer').querySelector('[data-testid=run-card-shop]')).not.toBeNull());
  });
});

describe('where to', () => {
  it('a scratch place needs no name', async () => {
    const { fake, user } = await open('#/restore?backup=shop_0', fullState());
    await user.click(await findId('restore-place-scratch'));
    expect(noId('restore-target')).toBeNull();
    await waitFor(() => expect(blocked('scratch-start')).toBe(false));
    await user.click(byId('scratch-start'));
    expect(fake.of('restore_start')).toEqual([{ draft: { backup: 'shop_0', database: null, target: '', profile: null, scratch: true } }]);
  });

  it('only some tables: none is not enough, and what was ticked is named literally', async () => {
    const { fake, user } = await open('#/restore?backup=shop_0', fullState());
    await user.click(await findId('restore-tables-some'));
    expect(byId('restore-start').getAttribute('title')).toBe('Tick what is to be restored');
    await user.click(byId('restore-only-orders'));
    await user.click(byId('restore-only-customers'));
    await user.click(byId('restore-only-customers'));
    await findId('restore-fine');
    await user.click(byId('restore-start'));
    expect(fake.of('restore_start')[0].draft.only).toEqual(['orders']);
    expect(chosenOnly(new Set(['log_*', 'a[b]']))).toEqual({ only: ['log_[*]', 'a[[]b[]]'] });
    expect(chosenOnly(null)).toEqual({});
  });

  it('replacing takes all of it', async () => {
    const { user } = await open('#/restore?backup=shop_0', fullState());
    await user.click(await findId('restore-tables-some'));
    await user.click(byId('restore-place-replace'));
    expect(noId('restore-tables-some')).toBeNull();
  });
});
