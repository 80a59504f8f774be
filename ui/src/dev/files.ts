// Invented files that a user gives to the window, for the development page and the tests.
import type { ArchiveLook } from '../bindings/ArchiveLook';
import type { EncryptedLook } from '../bindings/EncryptedLook';
import type { FileInside } from '../bindings/FileInside';
import type { ForeignLook } from '../bindings/ForeignLook';
import type { LoadPlaces } from '../bindings/LoadPlaces';
import type { LoadPlan } from '../bindings/LoadPlan';
import type { OpenedFile } from '../bindings/OpenedFile';
import type { RefusedLook } from '../bindings/RefusedLook';
import type { RestorePlaces } from '../bindings/RestorePlaces';
import { ago, DAY, details } from './fixtures';
import { serverDetails } from './servers';

const NAME = 'shop_20261122T135401.250Z_k3v9x0.tar.gz';

export const openedFile = (over: Partial<OpenedFile> = {}): OpenedFile => ({ id: '1', name: NAME, ...over });

export function archiveLook(over: Partial<ArchiveLook> = {}): ArchiveLook {
  const { units, consistency, server, kronos_version } = details();
  return {
    location: `/home/ada/Downloads/${NAME}`,
    stored_bytes: 184_200_000,
    codec: 'gzip',
    id: 'shop_20261122T135401.250Z_k3v9x0',
    profile: 'shop',
    engine: 'sqlite',
    engine_label: 'SQLite',
    created_at: ago(DAY),
    finished_at: ago(DAY),
    kronos_version,
    server,
    consistency,
    raw_bytes: 610_340_000,
    units,
    warnings: [],
    has_record: true,
    is_checked: false,
    ...over,
  };
}

export const places = (over: Partial<RestorePlaces> = {}): RestorePlaces => ({
  suggested_targets: ['/home/ada/shop_restored_1122.db'],
  on_server: false,
  restore_profiles: [],
  ...over,
});

type Over = { file?: OpenedFile; look?: Partial<ArchiveLook>; places?: Partial<RestorePlaces> };

export const fileInside = (over: Over = {}): FileInside => ({
  file: over.file ?? openedFile(),
  look: { kind: 'archive', ...archiveLook(over.look) },
  places: places(over.places),
  load: null,
});

/** An archive of a server with two databases and roles, without the record beside it. */
export function serverInside(): FileInside {
  const { units, suggested_targets, restore_profiles, server } = serverDetails();
  return fileInside({
    file: openedFile({ name: 'warehouse_20261122.tar.zst' }),
    look: { profile: 'warehouse', engine: 'postgres', engine_label: 'PostgreSQL', units, server, codec: 'zstd', has_record: false, warnings: ['The role `app` may read everything'] },
    places: { suggested_targets, on_server: true, restore_profiles },
  });
}

/** What the engine says of every script. */
export const CODE = 'It is code: restoring it runs everything that stands in it, with the rights of the user who restores';

export function foreignInside(over: Partial<ForeignLook> = {}, load: Partial<LoadPlaces> = {}): FileInside {
  const look: ForeignLook = {
    location: '/home/ada/Downloads/blog.sql.gz',
    stored_bytes: 41_000_000,
    form: 'sql_script',
    form_label: 'SQL script for MariaDB',
    dialect: 'mariadb',
    compression: 'gzip',
    engine: 'mysql',
    engine_label: 'MySQL/MariaDB',
    source: 'blog',
    host: 'localhost',
    made_at: '2026-11-20  2:00:01',
    server: 'MariaDB 10.11.19',
    tool: 'mariadb-dump 10.19',
    objects: ['posts', 'comments', 'users'].map((name) => ({ kind: 'table', name })),
    is_complete: false,
    own_databases: [],
    sets_log_place: false,
    runs_code: true,
    findings: [{ level: 'warning', sentence: CODE }],
    ...over,
  };
  const file = openedFile({ name: look.location.split('/').at(-1) });
  return { file, look: { kind: 'foreign', ...look }, places: null, load: look.engine === null ? null : loadPlaces(load) };
}

export const loadPlaces = (over: Partial<LoadPlaces> = {}): LoadPlaces => ({
  suggested_target: 'blog_restored_1123',
  on_server: true,
  profiles: ['blog', 'staging'],
  databases: [],
  seal: { place: 'a', state: 'b' },
  ...over,
});

export const loadPlan = (over: Partial<LoadPlan> = {}): LoadPlan => ({
  dump: '/home/ada/Downloads/blog.sql.gz',
  form_label: 'SQL script for MariaDB',
  target: 'blog_restored_1123',
  user: 'app',
  is_code: true,
  is_unlimited: false,
  warnings: [CODE, 'Kronos refuses what names another database, a user, a file or the server; it cannot see what a function or a trigger in the dump puts together while it runs'],
  notes: [],
  ...over,
});

export const refusedInside = (kind: 'damaged' | 'unknown', over: Partial<RefusedLook> = {}): FileInside => ({
  file: openedFile(),
  look: {
    kind,
    location: `/home/ada/Downloads/${NAME}`,
    stored_bytes: 91_000_000,
    code: kind === 'damaged' ? 'archive_damaged' : 'not_an_archive',
    sentence: kind === 'damaged' ? `\`${NAME}\` ends too early: a part of it is missing` : 'This looks like a ZIP with 12 files, and none of them is a database dump',
    next_step: kind === 'damaged' ? 'Use another backup of this database; nothing was changed' : 'Choose a backup or a dump',
    ...over,
  },
  places: null,
  load: null,
});

export const encryptedInside = (over: Partial<EncryptedLook> = {}): FileInside => ({
  file: openedFile({ name: 'shop.tar.gz.age' }),
  look: {
    kind: 'encrypted',
    location: '/home/ada/Downloads/shop.tar.gz.age',
    stored_bytes: 184_200_000,
    how: 'age',
    sentence: 'This file is encrypted with age, and Kronos cannot open it yet',
    next_step: 'Decrypt it with `age --decrypt`, then drop what comes out',
    ...over,
  },
  places: null,
  load: null,
});
