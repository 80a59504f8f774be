// A fake engine behind the real `api.ts`: answers commands with fixtures. For the development page and the tests.
import type { Channel } from '@tauri-apps/api/core';
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import type { AppState } from '../bindings/AppState';
import type { BackupView } from '../bindings/BackupView';
import type { Event } from '../bindings/Event';
import type { FileNews } from '../bindings/FileNews';
import type { RunView } from '../bindings/RunView';
import type { WatchMessage } from '../bindings/WatchMessage';
import type { Command } from '../lib/api';
import { fileInside, loadPlan, openedFile } from './files';
import { catalogueOf, check, details, probe, run } from './fixtures';
import { targetCard } from './replacing';
import { comparison, tableRows } from './rows';
import { parsedUrl } from './servers';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- every command has arguments of its own
type Args = any;
export type Answers = Partial<Record<Command, (args: Args) => unknown>>;

export type Fake = {
  /** Every call, in order, without those by which the window listens. */
  calls: { command: Command; args: Args }[];
  answers: Answers;
  state: AppState;
  /** Changes the state and tells the window. */
  set: (over: Partial<AppState>) => void;
  send: (message: WatchMessage) => void;
  event: (event: Event) => void;
  /** Tells the window of a drag, or of a file that was opened. */
  news: (news: FileNews) => void;
  of: (command: Command) => Args[];
};

export function fakeEngine(state: AppState, answers: Answers = {}, backups: BackupView[] = catalogueOf()): Fake {
  clearMocks();
  let channel: Channel<WatchMessage> | null = null;
  let fileChannel: Channel<FileNews> | null = null;
  const LISTENING: Command[] = ['watch', 'files_watch', 'window_ready'];
  const find = (id: string) => backups.find((backup) => backup.id === id);
  const fake: Fake = {
    calls: [],
    answers,
    state,
    set(over) {
      fake.state = { ...fake.state, ...over };
      fake.send({ message: 'state', content: fake.state });
    },
    send: (message) => channel?.onmessage(message),
    event: (event) => fake.send({ message: 'run', content: event }),
    news: (news) => fileChannel?.onmessage(news),
    of: (command) => fake.calls.filter((call) => call.command === command).map((call) => call.args as Args),
  };

  function start(over: Partial<RunView>): string {
    const id = `run-${fake.calls.length + 10}`;
    const view = run({ id, state: 'queued', phase: null, step: 0, object: null, bytes_done: 0, bytes_total: null, rows_done: 0, rate: null, fraction: 0, seconds_left: null, started_at: new Date().toISOString(), ...over });
    fake.event({ event: 'run_queued', ...view });
    return id;
  }

  const usual: Record<Command, (args: Args) => unknown> = {
    watch: (args) => {
      channel = args.channel as Channel<WatchMessage>;
      fake.send({ message: 'state', content: fake.state });
    },
    window_ready: () => null,
    restore_card: () => targetCard(),
    restores_list: () => [],
    undo_card: () => targetCard(),
    undo_start: () => start({ kind: 'restore', profile: 'shop', replaces: true }),
    files_watch: (args) => {
      fileChannel = args.channel as Channel<FileNews>;
    },
    backup_start: ({ profiles }) => {
      const names: string[] = profiles.length > 0 ? profiles : fake.state.profiles.map((p) => p.name);
      return names.map((name) => start({ profile: name }));
    },
    run_cancel: () => null,
    profile_probe: () => probe(),
    connection_parse_url: () => parsedUrl(),
    profile_save: () => null,
    profile_remove: ({ name }) => fake.set({ profiles: fake.state.profiles.filter((p) => p.name !== name) }),
    pick_database_files: () => ['/home/ada/code/shop/shop.db'],
    pick_file: () => '/home/ada/certificates/ca.pem',
    pick_folder: () => '/media/ada/T7/kronos',
    pick_restore_target: ({ suggested }) => suggested,
    pick_dump_file: () => openedFile(),
    pick_dump_folder: () => openedFile({ id: '2', name: 'dump' }),
    storage_test: () => check(),
    storage_save: () => null,
    storage_remove: ({ name }) => fake.set({ storages: fake.state.storages.filter((s) => s.name !== name) }),
    backups_list: () => backups,
    backup_details: ({ id }) => details(find(id)),
    backup_verify: ({ id }) => start({ kind: 'verify', backup: id, profile: find(id)?.profile ?? 'shop' }),
    backup_prove: ({ id }) => start({ kind: 'restore_test', backup: id, profile: find(id)?.profile ?? 'shop' }),
    profile_prove: ({ name }) => start({ kind: 'restore_test', profile: name }),
    backups_rescan: () => 3,
    restore_check: () => null,
    restore_start: ({ draft }) => start({ kind: 'restore', backup: draft.backup, profile: find(draft.backup)?.profile ?? 'shop' }),
    file_look: ({ file }) => fileInside({ file: openedFile({ id: file }) }),
    file_check: () => start({ kind: 'verify', profile: '/home/ada/Downloads/shop.tar.gz' }),
    file_restore_check: () => null,
    file_restore_card: () => targetCard(),
    file_load_plan: ({ draft }) => loadPlan({ target: draft.target }),
    file_load_start: () => start({ kind: 'restore', backup: null, profile: 'blog.sql.gz' }),
    file_restore_start: () => start({ kind: 'restore', profile: 'shop' }),
    rows_first: ({ order }) => tableRows({ table: order.table }),
    compare_archives: () => comparison(),
    compare_live: () => comparison({ after: { name: 'shop', at: new Date().toISOString(), is_live: true, is_checked: false } }),
    look_stop: () => null,
    reveal_backup: () => null,
    reveal_storage: () => null,
    reveal_config: () => null,
    reveal_restored: () => null,
    settings_save: ({ change }) => fake.set({ settings: { ...fake.state.settings, ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null)) } }),
  };

  mockIPC((name, payload) => {
    const command = name as Command;
    if (!(command in usual)) throw new Error(`the fake engine does not know ${name}`);
    if (!LISTENING.includes(command)) fake.calls.push({ command, args: payload });
    return (fake.answers[command] ?? usual[command])(payload);
  });
  return fake;
}
