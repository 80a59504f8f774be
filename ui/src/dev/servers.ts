// Invented servers for the development page and the tests: what a test finds, what a backup of one holds.
import type { BackupDetails } from '../bindings/BackupDetails';
import type { BackupView } from '../bindings/BackupView';
import type { EngineKind } from '../bindings/EngineKind';
import type { ParsedUrl } from '../bindings/ParsedUrl';
import type { Probe } from '../bindings/Probe';
import type { ProfileView } from '../bindings/ProfileView';
import type { ServerDraft } from '../bindings/ServerDraft';
import { emptyServer, ENGINES } from '../lib/engines';
import { backup, profile } from './fixtures';

export const serverDraft = (over: Partial<ServerDraft> = {}): ServerDraft => ({
  ...emptyServer(),
  user: 'app',
  password: { from: 'saved', place: 'the keychain' },
  databases: ['shop'],
  ...over,
});

export const parsedUrl = (over: Partial<ServerDraft> = {}, engine: EngineKind = 'postgres'): ParsedUrl => ({
  engine,
  server: { ...emptyServer(), host: 'db.example.org', port: 6432, user: 'app', password: { from: 'typed', text: 'p$a"b' }, databases: ['shop'], ...over },
  warnings: ['`connect_timeout` is not used; Kronos waits ten seconds'],
});

export function serverProfile(over: Partial<ProfileView> = {}, server: Partial<ServerDraft> = {}): ProfileView {
  const engine = over.engine ?? 'postgres';
  const name = over.name ?? 'warehouse';
  return profile({
    name,
    engine,
    engine_label: ENGINES[engine].label,
    on_server: true,
    location: `${name} on localhost:${ENGINES[engine].port}`,
    draft: { name, engine, paths: [], server: serverDraft({ databases: [name], ...server }), storage: null },
    last_backup: backup({ profile: name, engine }),
    ...over,
  });
}

const object = (name: string, size: number, rows: number | null) => ({ name, size, rows });

/** A server with four databases and some tables of every size. */
export const serverProbe = (over: Partial<Probe> = {}): Probe => ({
  server: { version: 'PostgreSQL 17.2', tool: 'pg_dump 17.2', tool_place: '/usr/lib/postgresql/17/bin/pg_dump', identity: '7391' },
  databases: [
    {
      name: 'warehouse',
      size: 610_340_000,
      tables: 6,
      properties: { encoding: 'UTF8' },
      objects: [
        object('public.orders', 380_000_000, 1_204_331),
        object('public.order_lines', 120_000_000, 4_812_004),
        object('public.customers', 48_000_000, 40_112),
        object('audit.log_2025', 31_000_000, 812_004),
        object('audit.log_2026', 24_000_000, 640_000),
        object('public.sessions', 7_340_000, null),
      ],
    },
    { name: 'crm', size: 41_000_000, tables: 2, properties: {}, objects: [object('public.customers', 40_000_000, 31_000), object('public.notes', 1_000_000, 900)] },
    { name: 'crm_test', size: 9_400_000, tables: 1, properties: {}, objects: [object('public.customers', 9_000_000, 3_000)] },
    { name: 'metrics', size: 2_100_000_000, tables: 0, properties: {}, objects: [] },
  ],
  protection: 'TLS 1.3, certificate verified',
  missing_rights: [],
  warnings: [],
  ...over,
});

export const lackingProbe = (): Probe =>
  serverProbe({
    missing_rights: [
      { object: 'public.payments', grant: 'GRANT SELECT ON public.payments TO app;' },
      { object: 'audit.*', grant: 'GRANT USAGE ON SCHEMA audit TO app; GRANT SELECT ON ALL TABLES IN SCHEMA audit TO app;' },
    ],
    warnings: ['The server is PostgreSQL 17.2; versions before 17.6 have known security problems'],
  });

/** A backup of a server with two databases, roles, and things left out. */
export function serverDetails(over: Partial<BackupView> = {}): BackupDetails {
  const row = backup({ profile: 'warehouse', engine: 'postgres', databases: 2, tables: 5, rows: 6_057_459, warnings: [], ...over });
  const unit = (name: string, size: number): BackupDetails['units'][0] => ({
    name,
    source: `localhost:5432/${name}`,
    size,
    sha256: 'ab'.repeat(32),
    parts: [{ member: `data/${name}.dump`, size, sha256: 'ab'.repeat(32) }],
    objects: [],
    properties: {},
    kind: 'database',
    left_out: [],
  });
  return {
    backup: row,
    location: `/home/ada/Kronos Backups/${row.archive}`,
    sha256: '9f3c1ab7e02d5c6f8a41b0de77c2e95d1f60837a4be2c98d05f3716ea4b2d8c1',
    units: [
      {
        ...unit('warehouse', 540_000_000),
        objects: [
          { kind: 'table', name: 'public.orders', rows: 1_204_331 },
          { kind: 'table', name: 'public.order_lines', rows: 4_812_004 },
          { kind: 'table', name: 'public.customers', rows: 40_112 },
          { kind: 'table', name: 'public.sessions', rows: 0 },
          { kind: 'view', name: 'public.open_orders' },
          { kind: 'materialized_view', name: 'public.totals' },
          { kind: 'sequence', name: 'public.orders_id_seq' },
          { kind: 'routine', name: 'public.total(integer)' },
          { kind: 'extension', name: 'pg_trgm' },
          { kind: 'large_objects', name: 'large objects', rows: 12 },
        ],
        left_out: [
          { name: 'audit.log_2025', what: 'everything' },
          { name: 'audit.log_2026', what: 'everything' },
          { name: 'public.sessions', what: 'rows' },
        ],
      },
      { ...unit('crm', 41_000_000), objects: [{ kind: 'table', name: 'public.notes', rows: 900 }] },
      { ...unit('roles', 2_140), kind: 'globals', source: 'localhost:5432' },
    ],
    consistency: { label: 'One committed moment of each database', snapshot: true },
    server: serverProbe().server,
    kronos_version: '0.1.0',
    codec: 'zstd',
    restore_command: `kronos restore ${row.id} --database warehouse --to warehouse_restored_1122`,
    manual_commands: `createdb --template=template0 warehouse_restored\ntar -xzOf '${row.archive}' 'data/warehouse.dump' | pg_restore --exit-on-error -d warehouse_restored`,
    suggested_targets: ['warehouse_restored_1122', 'crm_restored_1122', ''],
    on_server: true,
    restore_profiles: ['warehouse', 'staging'],
  };
}
