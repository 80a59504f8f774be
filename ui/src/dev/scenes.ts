// The scenes of the development page: one for each state of each screen.
import type { AppState } from '../bindings/AppState';
import type { BackupView } from '../bindings/BackupView';
import type { Answers, Fake } from './fake';
import { ago, backup, check, details, emptyState, ended, fullState, profile, report, run, state, storage } from './fixtures';
import { PROOF_SCENES } from './proofs';
import { REPLACE_SCENES } from './replace_scenes';
import { FILE_SCENES } from './file_scenes';
import { LOAD_SCENES } from './load_scenes';
import { SERVER_SCENES } from './server_scenes';

export type Scene = {
  state: () => AppState;
  answers?: Answers;
  backups?: () => BackupView[];
  later?: (fake: Fake) => void;
};

const never = () => new Promise(() => undefined);
const fail = (over = {}) => () => {
  throw report(over);
};

const BROKEN = report({
  code: 'config_invalid',
  what: 'The configuration cannot be used',
  why: 'Line 12 of `config.toml` names the unknown key `storrage`; did you mean `storage`?',
  next_step: 'Correct the file; Kronos reads it again as soon as it is saved.',
  not_affected: 'Your databases and your backups are not affected.',
});

const OFFLINE = report({
  code: 'storage_unavailable',
  what: '`usb` is not available',
  why: 'The folder `/media/ada/T7/kronos` does not exist.',
  next_step: 'Connect the disk, or choose another folder.',
  not_affected: 'Backups in other places are not affected.',
});

const DEEP = '/home/ada/customers/north-west-2026/quarterly-reports/Kronos Backups';

const GONE = report({
  code: 'source_missing',
  why: `There is no file \`${DEEP}/orders.db\``,
  next_step: 'Check the path; if the file moved, edit the database',
  not_affected: 'Your database was only read, and older backups are as they were',
});

const DAMAGED = report({
  code: 'archive_damaged',
  what: 'The backup of `shop` is damaged',
  why: 'The archive differs from what was written, at 71 MB',
  next_step: 'Use another backup',
  not_affected: 'Other backups are as they were',
});

const restored = ended({
  id: 'run-r',
  kind: 'restore',
  result: { kind: 'restore', backup: 'shop_0', target: '/home/ada/shop_restored.db', bytes: 610_340_000, tables: 42, rows: 1_204_331, warnings: [] },
});

export const SCENES: Record<string, Scene> = {
  ...SERVER_SCENES,
  ...LOAD_SCENES,
  ...FILE_SCENES,
  ...PROOF_SCENES,
  ...REPLACE_SCENES,
  full: { state: () => fullState({ active_runs: [run()] }) },
  good: {
    state: () =>
      state({
        verdict: { level: 'good', sentence: 'All 3 databases are backed up', last_backup_at: ago(360_000) },
        profiles: [profile(), profile({ name: 'app' }), profile({ name: 'orders' })],
      }),
    later: (fake) =>
      fake.event({
        event: 'run_finished',
        ...ended({ id: 'x', result: { kind: 'backup', backup: 'b', location: '', stored_bytes: 184e6, raw_bytes: 6e8, tables: 42, rows: 9, warnings: [] } }),
      }),
  },
  empty: { state: emptyState, backups: () => [] },
  loading: { state: fullState, answers: { watch: never } },
  lost: { state: fullState, answers: { watch: fail({ code: 'internal', what: 'Kronos cannot be reached', why: 'The engine gave no answer.' }) } },
  config: { state: () => emptyState({ config_error: BROKEN }) },
  busy: {
    state: () =>
      fullState({
        active_runs: [
          run(),
          run({ id: 'r2', profile: 'app', stalled: true, fraction: 0.6, rate: null, seconds_left: null }),
          run({ id: 'r3', profile: 'notes', kind: 'verify', phase: 'verifying', bytes_total: null, fraction: 0, object: 'notes.db', step: 1, steps: 2, seconds_left: null }),
          run({ id: 'r4', profile: 'orders', state: 'queued', fraction: 0, phase: null }),
        ],
      }),
  },
  offline: {
    state: () =>
      fullState({ storages: [storage(), storage({ name: 'usb', location: '/media/ada/T7/kronos', is_default: false, problem: OFFLINE, free_bytes: null, total_bytes: null, backups: 4, used_bytes: 0 })] }),
    answers: { storage_test: () => check({ steps: [{ name: 'Make the folder', error: null }, { name: 'Write a test file', error: OFFLINE }], free_bytes: null }) },
  },
  slow: { state: fullState, answers: { backups_list: never, backup_details: never, profile_probe: never } },
  broken: {
    state: fullState,
    answers: {
      backups_list: fail({ what: 'The list of backups cannot be read', code: 'internal' }),
      profile_probe: fail({ code: 'source_missing', what: '`shop` cannot be read', why: 'There is no file at `~/code/shop/shop.db`.' }),
      restore_check: fail({ code: 'target_exists', why: 'A file named `shop_restored.db` exists already.' }),
    },
  },
  refused: { state: fullState, answers: { restore_check: fail({ code: 'target_exists', why: 'A file named `shop_restored.db` exists already.', next_step: 'Choose another name.' }) } },
  restored: { state: () => fullState({ recent_runs: [restored] }) },
  restoring: {
    state: () => fullState({ active_runs: [run({ kind: 'restore', backup: 'shop_3', phase: 'loading', step: 2, steps: 3 })] }),
  },
  checking: {
    state: () => fullState({ active_runs: [run({ kind: 'verify', backup: 'shop_0', phase: 'verifying', step: 1, steps: 1, object: null })] }),
  },
  'check-failed': {
    state: () => fullState({ recent_runs: [ended({ kind: 'verify', backup: 'shop_0', state: 'failed', error: DAMAGED })] }),
    answers: { backup_details: () => details({ id: 'shop_0', status: 'damaged' }) },
  },
  /** As the engine writes: no full stops, a long path, a verdict that names a database; two runs end in sight. */
  long: {
    state: () =>
      fullState({
        verdict: { level: 'attention', sentence: '`quarterly-reports` and 11 of 145 other databases need attention', last_backup_at: ago(360_000) },
        recent_runs: [ended({ id: 'old', profile: 'orders', state: 'failed', error: GONE })],
      }),
    later: (fake) => {
      fake.event({ event: 'run_finished', ...ended({ id: 'x', result: { kind: 'backup', backup: 'b', location: '', stored_bytes: 184e6, raw_bytes: 6e8, tables: 42, rows: 9, warnings: [] } }) });
      fake.event({ event: 'run_finished', ...ended({ id: 'y', profile: 'orders', state: 'failed', error: GONE }) });
    },
    answers: {
      backup_details: () => ({
        ...details({ id: 'shop_0' }),
        location: `${DEEP}/shop_20261122T194120.357Z_vgcn2w.tar.gz`,
        restore_command: `kronos restore shop_20261122T194120.357Z_vgcn2w --to '${DEEP}/shop_restored_1122.db' --config /home/ada/.config/kronos/config.toml`,
      }),
    },
  },
  'restore-failed': {
    state: () =>
      fullState({
        recent_runs: [ended({ kind: 'restore', state: 'failed', error: report({ code: 'archive_damaged', what: '`shop` was not restored', why: 'The archive differs from what was written, at 71 MB.', next_step: 'Use another backup.', not_affected: 'No file was made; your databases are not affected.' }) })],
      }),
  },
  hostile: {
    state: () =>
      fullState({
        profiles: [
          profile({ name: '<img src=x onerror=alert(1)>' }),
          profile({ name: 'abc\u202egnp.exe' }),
          profile({ name: 'x'.repeat(300), location: `~/${'very-long-folder/'.repeat(20)}a.db` }),
        ],
      }),
    backups: () => [backup({ profile: 'x'.repeat(300) }), backup({ id: 'b2', profile: '<b>bold</b>\u202egnp' })],
  },
};
