// Invented data for the development page and the tests. Never part of the built window.
import type { AppState } from '../bindings/AppState';
import type { BackupDetails } from '../bindings/BackupDetails';
import type { BackupView } from '../bindings/BackupView';
import type { ErrorReport } from '../bindings/ErrorReport';
import type { Probe } from '../bindings/Probe';
import type { ProfileView } from '../bindings/ProfileView';
import type { RunView } from '../bindings/RunView';
import type { StorageCheck } from '../bindings/StorageCheck';
import type { StorageView } from '../bindings/StorageView';

const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();

export function report(over: Partial<ErrorReport> = {}): ErrorReport {
  return {
    code: 'source_locked',
    what: '`orders` was not backed up',
    why: 'Another program has held `orders.db` locked for 30 seconds.',
    next_step: 'Close what writes to it for a long time, then try again.',
    not_affected: 'Older backups are not affected; the last good one is from yesterday.',
    details: 'Kronos 0.1.0\nDatabase(Locked { path: "~/code/orders/orders.db", waited: 30s })\ncaused by: database is locked',
    ...over,
  };
}

export function backup(over: Partial<BackupView> = {}): BackupView {
  const profile = over.profile ?? 'shop';
  return {
    id: `${profile}_20261122T135401.250Z_k3v9x0`,
    profile,
    engine: 'sqlite',
    created_at: ago(6 * MINUTE),
    stored_bytes: 184_200_000,
    raw_bytes: 610_340_000,
    databases: 1,
    tables: 42,
    rows: 1_204_331,
    storage: 'backups',
    archive: `${profile}_20261122T135401.250Z_k3v9x0.tar.gz`,
    status: 'verified',
    verified_at: ago(6 * MINUTE),
    warnings: [],
    ...over,
  };
}

export function profile(over: Partial<ProfileView> = {}): ProfileView {
  const name = over.name ?? 'shop';
  return {
    name,
    engine: 'sqlite',
    engine_label: 'SQLite',
    on_server: false,
    location: `~/code/${name}/${name}.db`,
    is_protected: false,
    draft: { name, engine: 'sqlite', paths: [`~/code/${name}/${name}.db`], server: null, storage: null },
    protection: 'protected',
    last_backup: backup({ profile: name }),
    problem: null,
    last_run: null,
    storage: 'backups',
    ...over,
  };
}

export function storage(over: Partial<StorageView> = {}): StorageView {
  return {
    name: 'backups',
    kind_label: 'Folder on this computer',
    location: '~/Kronos Backups',
    supported: true,
    is_default: true,
    problem: null,
    backups: 199,
    used_bytes: 18_240_000_000,
    free_bytes: 412_000_000_000,
    total_bytes: 994_000_000_000,
    ...over,
  };
}

export function run(over: Partial<RunView> = {}): RunView {
  return {
    id: 'run-1',
    kind: 'backup',
    profile: 'shop',
    backup: null,
    replaces: false,
    state: 'running',
    phase: 'copying',
    step: 2,
    steps: 4,
    object: 'shop.db',
    bytes_done: 412_000_000,
    bytes_total: 1_100_000_000,
    bytes_stored: 96_000_000,
    rows_done: 0,
    rate: 38_000_000,
    fraction: 0.37,
    seconds_left: 19,
    stalled: false,
    started_at: ago(11_000),
    finished_at: null,
    result: null,
    error: null,
    ...over,
  };
}

export function ended(over: Partial<RunView> = {}): RunView {
  const base = { phase: null, fraction: 1, rate: null, seconds_left: null, finished_at: ago(2_000) } as const;
  return run({ ...base, state: 'succeeded', ...over });
}

export function state(over: Partial<AppState> = {}): AppState {
  return {
    version: '0.1.0',
    config_path: '/home/ada/.config/kronos/config.toml',
    config_error: null,
    config_warnings: [],
    verdict: { level: 'good', sentence: 'Your database is backed up', last_backup_at: ago(6 * MINUTE) },
    profiles: [profile()],
    storages: [storage()],
    active_runs: [],
    recent_runs: [],
    settled_swaps: [],
    settings: { notifications: true, appearance: 'system' },
    default_storage_path: '/home/ada/Kronos Backups',
    ...over,
  };
}

export const emptyState = (over: Partial<AppState> = {}) =>
  state({
    verdict: { level: 'empty', sentence: 'Nothing is backed up yet', last_backup_at: null },
    profiles: [],
    storages: [],
    ...over,
  });

/** Five databases: one failed, one running, one never backed up, one of an engine that is not supported. */
export function fullState(over: Partial<AppState> = {}): AppState {
  const failed = report();
  const small = { stored_bytes: 3_100_000, raw_bytes: 9_400_000, tables: 18, rows: 40_112 };
  return state({
    verdict: { level: 'attention', sentence: '1 of 5 databases needs attention', last_backup_at: ago(6 * MINUTE) },
    profiles: [
      profile(),
      profile({ name: 'app', last_backup: backup({ profile: 'app', created_at: ago(61 * MINUTE), ...small }) }),
      profile({
        name: 'orders',
        protection: 'attention',
        last_backup: backup({ profile: 'orders', created_at: ago(DAY), stored_bytes: 61_000_000 }),
        last_run: { id: 'run-0', kind: 'backup', state: 'failed', started_at: ago(9 * MINUTE), finished_at: ago(8 * MINUTE), error: failed },
      }),
      profile({ name: 'notes', protection: 'never', last_backup: null }),
      profile({
        name: 'warehouse',
        engine: 'postgres',
        engine_label: 'PostgreSQL',
        protection: 'never',
        location: 'localhost:5432',
        on_server: true,
        last_backup: null,
        storage: null,
      }),
    ],
    storages: [
      storage(),
      storage({ name: 'usb', location: '/media/ada/T7/kronos', is_default: false, backups: 12, used_bytes: 640_000_000, free_bytes: 91_000_000_000, total_bytes: 128_000_000_000 }),
    ],
    ...over,
  });
}

export function catalogueOf(length = 14): BackupView[] {
  const names = ['shop', 'app', 'orders'];
  return Array.from({ length }, (_, index) => {
    const name = names[index % 3] ?? 'shop';
    const created_at = ago(6 * MINUTE + index * 5.3 * 60 * MINUTE);
    return backup({
      id: `${name}_${index}`,
      profile: name,
      created_at,
      verified_at: created_at,
      stored_bytes: [184_200_000, 3_100_000, 61_000_000][index % 3] ?? 0,
      raw_bytes: [610_340_000, 9_400_000, 140_000_000][index % 3] ?? 0,
      tables: [42, 18, 7][index % 3] ?? 0,
      rows: [1_204_331, 40_112, 812_004][index % 3] ?? 0,
      status: index === 4 ? 'damaged' : index === 7 ? 'missing' : 'verified',
      warnings: index === 2 ? ['`orders.db` has 2 foreign keys that point nowhere.'] : [],
    });
  });
}

export function details(over: Partial<BackupView> = {}): BackupDetails {
  const row = backup(over);
  const file = `${row.profile}.db`;
  const names = ['orders', 'order_lines', 'customers', 'products', 'prices', 'stock', 'carts', 'addresses', 'payments', 'sessions'];
  return {
    backup: row,
    location: `/home/ada/Kronos Backups/${row.archive}`,
    sha256: '9f3c1ab7e02d5c6f8a41b0de77c2e95d1f60837a4be2c98d05f3716ea4b2d8c1',
    units: [
      {
        name: file,
        source: `/home/ada/code/${row.profile}/${file}`,
        size: row.raw_bytes,
        sha256: 'ab'.repeat(32),
        parts: [{ member: `data/${file}`, size: row.raw_bytes, sha256: 'ab'.repeat(32) }],
        objects: [
          ...names.map((name, index) => ({ kind: 'table' as const, name, rows: Math.round(812_004 / (index * 3 + 1)) })),
          { kind: 'view' as const, name: 'open_orders' },
          { kind: 'index' as const, name: 'orders_by_customer' },
        ],
        properties: { page_size: '4096' },
        kind: 'database',
        left_out: [],
      },
    ],
    consistency: { label: 'One committed moment of one file', snapshot: true },
    server: { version: 'SQLite 3.54.1', tool: '', tool_place: '', identity: '' },
    kronos_version: '0.1.0',
    codec: 'gzip',
    restore_command: `kronos restore ${row.id} --to ${row.profile}_restored.db`,
    manual_commands: `tar -xzOf '${row.archive}' 'data/${file}' > ${row.profile}_restored.db\nsqlite3 ${row.profile}_restored.db 'PRAGMA integrity_check'`,
    suggested_targets: [`/home/ada/${row.profile}_restored.db`],
    on_server: false,
    restore_profiles: [],
  };
}

export const probe = (over: Partial<Probe> = {}): Probe => ({
  server: { version: 'SQLite 3.54.1', tool: '', tool_place: '', identity: '' },
  databases: [{ name: 'shop.db', size: 610_340_000, tables: 42, properties: { journal_mode: 'wal' }, objects: [] }],
  protection: '',
  missing_rights: [],
  warnings: [],
  ...over,
});

export const check = (over: Partial<StorageCheck> = {}): StorageCheck => ({
  steps: ['Make the folder', 'Write a test file', 'Read it back', 'Remove it'].map((name) => ({ name, error: null })),
  free_bytes: 412_000_000_000,
  ...over,
});
