// Invented targets of restores that replace something, for the development page and the tests.
import type { RestoreView } from '../bindings/RestoreView';
import type { TargetCard } from '../bindings/TargetCard';
import { ago, DAY } from './fixtures';

const HOUR = DAY / 24;

export const targetCard = (over: Partial<TargetCard> = {}): TargetCard => ({
  target: '/home/ada/code/shop/shop.db',
  confirm: 'shop.db',
  confirm_without_safety: 'replace shop.db without a safety backup',
  engine: 'sqlite',
  server: 'SQLite 3.53.0',
  host: '',
  is_remote: false,
  is_unproven: false,
  tag: null,
  newest_change: ago(HOUR),
  programs: [],
  can_disconnect: false,
  now: { bytes: 611_900_000, tables: 43, rows: 1_209_880, is_estimated: false },
  after: { bytes: 610_340_000, tables: 42, rows: 1_204_331, is_estimated: false },
  after_made_at: ago(DAY),
  gone: ['audit_tmp'],
  gone_count: 1,
  safety_storage: 'backups',
  safety_bytes: 184_200_000,
  safety_free: 412_000_000_000,
  refusal: null,
  ...over,
});

/** A database on another computer, in use. */
export const remoteCard = (over: Partial<TargetCard> = {}): TargetCard =>
  targetCard({
    target: 'db.example.org:5432/warehouse',
    confirm: 'warehouse@db.example.org',
    confirm_without_safety: 'replace warehouse@db.example.org without a safety backup',
    engine: 'postgres',
    server: 'PostgreSQL 15.18',
    host: 'db.example.org:5432',
    is_remote: true,
    newest_change: null,
    programs: ['node (2)', 'psql'],
    can_disconnect: true,
    ...over,
  });

export const restoreView = (over: Partial<RestoreView> = {}): RestoreView => ({
  run: 'restore-1',
  profile: 'shop',
  engine: 'sqlite',
  state: 'succeeded',
  at: ago(2 * HOUR),
  target: '/home/ada/code/shop/shop.db',
  result: {
    kind: 'restore',
    backup: 'shop_20261122T135401.250Z_k3v9x0',
    target: '/home/ada/code/shop/shop.db',
    bytes: 610_340_000,
    tables: 42,
    rows: 1_204_331,
    warnings: [],
    replaced: { safety_backup: 'shop_safety', undo_until: ago(-6 * DAY), kept_as: '/home/ada/code/shop/shop.db.before', kept_until: ago(-DAY / 2), disconnected: 0 },
  },
  error: null,
  undo_until: ago(-6 * DAY),
  ...over,
});
