// Failures: the cards on Home, the toasts elsewhere, and where they lead.
import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { ended, fullState, profile, report, run, state } from '../dev/fixtures';
import { byId, findId, noId, open, textOf } from './window';

describe('a failed backup', () => {
  it('has five parts, can be copied, and tried again', async () => {
    const { fake, user } = await open('#/home', fullState());
    const card = byId('attention-orders');
    expect(within(card).getByRole('heading', { level: 2 }).textContent).toBe('orders was not backed up');
    for (const part of ['locked for 30 seconds', 'Close what writes', 'Older backups are not affected', 'caused by: database is locked']) {
      expect(textOf(card)).toContain(part);
    }
    await user.click(within(card).getByTestId('error-copy'));
    const copied = await navigator.clipboard.readText();
    expect(copied).toContain('caused by: database is locked');
    expect(copied).toContain('Next step:');
    await user.click(byId('attention-retry'));
    expect(fake.of('backup_start')).toEqual([{ profiles: ['orders'] }]);
    await waitFor(() => expect(noId('attention-orders')).toBeNull());
  });

  it('shows the text to copy by hand when the clipboard is not allowed', async () => {
    const { user } = await open('#/home', fullState());
    navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));
    await user.click(byId('error-copy'));
    const field = await screen.findByLabelText(/Copy the text from here/);
    expect((field as HTMLTextAreaElement).value).toContain('caused by: database is locked');
    expect(document.activeElement).toBe(field);
  });

  it('leads to the editor when the file is gone', async () => {
    const gone = ended({ id: 'g', state: 'failed', error: report({ code: 'source_missing' }) });
    const { user } = await open('#/home', state({ recent_runs: [gone] }));
    await user.click(byId('attention-edit'));
    expect((await findId('profile-path') as HTMLInputElement).value).toBe('~/code/shop/shop.db');
  });

  it('shows three cards, then the others on request', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const recent = names.map((name) => ended({ id: name, profile: name, state: 'failed', error: report() }));
    const { user } = await open('#/home', state({ profiles: names.map((name) => profile({ name })), recent_runs: recent }));
    expect(screen.getAllByTestId(/^attention-[a-e]$/)).toHaveLength(3);
    await user.click(byId('attention-more'));
    expect(screen.getAllByTestId(/^attention-[a-e]$/)).toHaveLength(5);
  });
});

describe('a backup that fails while the window is open', () => {
  const failed = ended({ id: 'run-1', state: 'failed', error: report({ what: '`shop` was not backed up', why: 'There is no file `/srv/shop.db`' }) });
  const alone = state({ active_runs: [run()] });

  it('is a card on Home, said to those who listen, and no toast', async () => {
    const { fake } = await open('#/home', alone);
    fake.event({ event: 'run_finished', ...failed });
    expect(textOf(await findId('attention-shop'))).toContain('There is no file /srv/shop.db.');
    expect(byId('announcer').textContent).toBe('shop was not backed up.');
    expect(noId('toast')).toBeNull();
  });

  it('is a toast elsewhere, which leads to the card and is gone there', async () => {
    const { fake, user } = await open('#/backups', alone);
    fake.event({ event: 'run_finished', ...failed });
    const toast = await findId('toast');
    expect(textOf(toast)).toContain('shop was not backed up.');
    await user.click(within(toast).getByRole('button', { name: 'Show why' }));
    await findId('attention-shop');
    expect(noId('toast')).toBeNull();
  });

  it('is a toast that is gone once Home is reached in another way', async () => {
    const { fake, user } = await open('#/storage', alone);
    fake.event({ event: 'run_finished', ...failed });
    await findId('toast');
    await user.click(byId('nav-home'));
    await waitFor(() => expect(noId('toast')).toBeNull());
  });

  it('is a toast on Home too where its card is behind others', async () => {
    const before = ['a', 'b', 'c'].map((name) => ended({ id: name, profile: name, state: 'failed', error: report() }));
    const check = ended({ id: 'v', kind: 'verify', backup: 'shop_0', state: 'failed', error: report({ what: 'It is damaged' }) });
    const { fake } = await open('#/home', state({ profiles: ['a', 'b', 'c'].map((name) => profile({ name })), recent_runs: before }));
    fake.event({ event: 'run_finished', ...check });
    expect(textOf(await findId('toast'))).toContain('It is damaged.');
  });
});

describe('a failed check', () => {
  const check = ended({ kind: 'verify', backup: 'shop_0', state: 'failed', error: report({ code: 'archive_damaged', what: 'It is damaged' }) });

  it('leads to the drawer of that backup, which says why', async () => {
    const { user } = await open('#/home', state({ recent_runs: [check] }));
    await user.click(byId('attention-backup'));
    const drawer = await findId('drawer');
    await waitFor(() => expect(textOf(drawer)).toContain('It is damaged'));
    expect(location.hash).toBe('#/backups?id=shop_0');
  });

  it('stays put away when the page is left and reached again', async () => {
    const { user } = await open('#/home', state({ recent_runs: [check] }));
    await user.click(within(byId('attention-shop')).getByRole('button', { name: 'Dismiss' }));
    await user.click(byId('nav-storage'));
    await user.click(byId('nav-home'));
    await findId('verdict');
    expect(noId('attention-shop')).toBeNull();
  });
});

describe('a newest backup that cannot be used', () => {
  it('is a card of its own, although no run failed, and leads to a new backup', async () => {
    const problem = report({ code: 'object_missing', what: 'The newest backup of `shop` cannot be used' });
    const shop = profile({ protection: 'attention', problem });
    await open('#/home', fullState({ profiles: [shop] }));
    const card = byId('attention-shop');
    expect(textOf(card)).toContain('The newest backup of shop cannot be used');
    expect(within(card).getByTestId('attention-retry')).toBeTruthy();
  });
});
