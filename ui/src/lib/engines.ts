// What the form of a database knows about each engine: its name, its words, and which fields it has.
import type { EngineKind } from '../bindings/EngineKind';
import type { Selection } from '../bindings/Selection';
import type { ServerDraft } from '../bindings/ServerDraft';
import type { TlsMode } from '../bindings/TlsMode';
import { countShort, plural } from './format';

export type EngineWords = {
  label: string;
  port: number;
  /** What one "table" and one "row" are called. */
  table: string;
  row: string;
  url: string;
  socket: string;
  /** What the switch for everything outside of the databases says; empty where there is none. */
  globals: string;
};

const FILE: EngineWords = { label: 'SQLite', port: 0, table: 'table', row: 'row', url: '', socket: '', globals: '' };

export const ENGINES: Record<EngineKind, EngineWords> = {
  sqlite: FILE,
  postgres: {
    label: 'PostgreSQL',
    port: 5432,
    table: 'table',
    row: 'row',
    url: 'postgresql://user:password@localhost:5432/shop',
    socket: '/var/run/postgresql',
    globals: 'Roles, their passwords and memberships',
  },
  mysql: {
    label: 'MySQL/MariaDB',
    port: 3306,
    table: 'table',
    row: 'row',
    url: 'mysql://user:password@localhost:3306/shop',
    socket: '/run/mysqld/mysqld.sock',
    globals: 'Users and what they are allowed to do',
  },
  mongodb: {
    label: 'MongoDB',
    port: 27017,
    table: 'collection',
    row: 'document',
    url: 'mongodb://user:password@localhost:27017/shop',
    socket: '/tmp/mongodb-27017.sock',
    globals: 'Users and roles',
  },
};

export const KINDS = Object.keys(ENGINES) as EngineKind[];

export const onServer = (engine: EngineKind) => engine !== 'sqlite';

/** "42 tables, 1 204 331 rows"; "3 collections, 12 documents". */
export const tables = (engine: EngineKind, count: number) => plural(count, ENGINES[engine].table);
export const rows = (engine: EngineKind, count: number) => plural(count, ENGINES[engine].row);
/** "1.2 M rows". */
export const rowsShort = (engine: EngineKind, count: number) =>
  `${countShort(count)} ${ENGINES[engine].row}${count === 1 ? '' : 's'}`;

export const emptySelection = (): Selection => ({ exclude_databases: [], tables: [], exclude_tables: [], structure_only: [] });

/** The form of a server before anything was typed. */
export const emptyServer = (): ServerDraft => ({
  host: 'localhost',
  port: null,
  user: '',
  password: { from: 'none' },
  container: '',
  tls: null,
  ca_file: '',
  tools: '',
  auth_database: '',
  databases: [],
  selection: emptySelection(),
  globals: false,
  lock_tables: false,
  jobs: null,
});

/** How a server is reached; the form shows the fields of one way. */
export type Reach = 'host' | 'socket' | 'container';

export function reachOf(server: ServerDraft): Reach {
  if (server.container !== '') return 'container';
  return server.host.startsWith('/') ? 'socket' : 'host';
}

/** True when the connection never leaves this computer. */
export function isHere(server: ServerDraft): boolean {
  const host = server.host.trim().toLowerCase();
  return server.container !== '' || host === '' || host === 'localhost' || host === '::1' || host.startsWith('/') || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The protection that counts: as chosen, else what the host demands. The engine has the same rule. */
export const tlsOf = (server: ServerDraft): TlsMode => server.tls ?? (isHere(server) ? 'prefer' : 'verify');

export const TLS_WORDS: Record<TlsMode, string> = {
  verify: 'Encrypt, and verify the server’s certificate',
  require: 'Encrypt, without verifying the server',
  prefer: 'Encrypt if the server can, without verifying it',
  off: 'Do not encrypt',
};

/** What to be careful about; `null` where nothing can be overheard, or the server is verified. */
export function tlsCaution(server: ServerDraft): string | null {
  if (isHere(server)) return null;
  const host = server.host.trim();
  switch (tlsOf(server)) {
    case 'verify':
      return null;
    case 'require':
      return `The connection is encrypted, but nobody checks that it really is \`${host}\` that answers. Somebody in between could read the password and the data.`;
    case 'prefer':
      return `The connection to \`${host}\` may be in plain text, and nobody checks who answers. Somebody in between could read the password and the data.`;
    case 'off':
      return `The password and the data go to \`${host}\` in plain text. Everybody in between can read them.`;
  }
}

/** The name proposed for a new profile: its only database, its container, its host, else its engine. */
export function nameFromServer(engine: EngineKind, server: ServerDraft): string {
  const [only, ...more] = server.databases;
  if (only !== undefined && more.length === 0 && !/[*?[\]{}]/.test(only)) return only;
  if (server.container.trim() !== '') return server.container.trim();
  if (!isHere(server)) return server.host.trim().split('.')[0] ?? engine;
  return engine;
}
