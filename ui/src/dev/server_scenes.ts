// The scenes of database servers: their editor, what a test of them says, their backups and restores.
import { serverDetails, lackingProbe, serverProbe, serverProfile } from './servers';
import type { Scene } from './scenes';
import { backup, ended, report, run, state } from './fixtures';

const fail = (over = {}) => () => {
  throw report(over);
};

export const serverState = (over = {}) =>
  state({
    profiles: [
      serverProfile({ name: 'warehouse' }, { selection: { exclude_databases: [], tables: [], exclude_tables: ['audit.log_*'], structure_only: ['public.sessions'] }, globals: true }),
      serverProfile({ name: 'blog', engine: 'mysql', protection: 'never', last_backup: null }),
      serverProfile({ name: 'events', engine: 'mongodb', location: 'docker: shop-mongo' }, { container: 'shop-mongo', host: '' }),
      serverProfile({ name: 'staging', location: 'staging on db.example.org:5432' }, { host: 'db.example.org', tls: 'require', password: { from: 'saved', place: 'the file `~/.secrets/staging`' } }),
    ],
    ...over,
  });

const rows = () => [
  backup({ id: 'warehouse_1', profile: 'warehouse', engine: 'postgres', tables: 5, rows: 6_057_459, databases: 2 }),
  backup({ id: 'events_1', profile: 'events', engine: 'mongodb', tables: 3, rows: 812_004 }),
];

const answers = {
  profile_probe: () => serverProbe(),
  backup_details: () => serverDetails({ id: 'warehouse_1' }),
};

const restored = ended({
  id: 'run-s',
  kind: 'restore',
  profile: 'warehouse',
  backup: 'warehouse_1',
  result: {
    kind: 'restore',
    backup: 'warehouse_1',
    target: 'localhost:5432/warehouse_restored_1122',
    bytes: 540_000_000,
    tables: 4,
    rows: 6_056_559,
    warnings: ['The role `reporting` does not exist on this server; what it owned belongs to `app`'],
  },
});

const running = run({
  profile: 'warehouse',
  phase: 'storing',
  step: 2,
  steps: 4,
  object: 'public.orders (3 of 6)',
  bytes_done: 412_000_000,
  bytes_total: 580_000_000,
  rows_done: 3_204_331,
  fraction: 0.58,
});

export const SERVER_SCENES: Record<string, Scene> = {
  servers: { state: serverState, answers, backups: rows },
  'servers-lacking': { state: serverState, answers: { ...answers, profile_probe: () => lackingProbe() }, backups: rows },
  'servers-offline': {
    state: serverState,
    answers: {
      ...answers,
      profile_probe: fail({
        code: 'server_unreachable',
        what: 'Kronos cannot back this up',
        why: '`localhost:5432` does not answer: connection refused',
        next_step: 'Start the server, or correct the host and the port',
        not_affected: null,
      }),
    },
    backups: rows,
  },
  'servers-looking': { state: serverState, answers: { ...answers, profile_probe: () => new Promise(() => undefined) }, backups: rows },
  'servers-running': { state: () => serverState({ active_runs: [running] }), answers, backups: rows },
  'servers-more': { state: () => serverState({ active_runs: [{ ...running, bytes_done: 640_000_000, fraction: 0.8 }] }), answers, backups: rows },
  'servers-restored': { state: () => serverState({ recent_runs: [restored] }), answers, backups: rows },
  'servers-nowhere': { state: serverState, answers: { ...answers, backup_details: () => ({ ...serverDetails({ id: 'warehouse_1' }), restore_profiles: [] }) }, backups: rows },
};
