// The fields of the form of a database: where each is, by the engine's name for it, and what has to stand in it.
import type { PasswordDraft } from '../bindings/PasswordDraft';
import type { ProfileDraft } from '../bindings/ProfileDraft';
import type { Reach } from './engines';

export type Tab = 'connection' | 'contents';

/** The fields that can be wrong: the engine's name of each, its place in the form, and its tab. */
export const FIELDS: Record<string, { testid: string; tab?: Tab }> = {
  paths: { testid: 'profile-path' },
  name: { testid: 'profile-name' },
  storage: { testid: 'profile-storage' },
  tag: { testid: 'profile-tag' },
  host: { testid: 'server-host', tab: 'connection' },
  container: { testid: 'server-container', tab: 'connection' },
  port: { testid: 'server-port', tab: 'connection' },
  user: { testid: 'server-user', tab: 'connection' },
  password: { testid: 'server-password', tab: 'connection' },
  tls: { testid: 'server-tls', tab: 'connection' },
  ca_file: { testid: 'server-ca', tab: 'connection' },
  tools: { testid: 'server-tools', tab: 'connection' },
  auth_database: { testid: 'server-auth-database', tab: 'connection' },
  databases: { testid: 'databases-named', tab: 'contents' },
  exclude_databases: { testid: 'databases-excluded', tab: 'contents' },
  tables: { testid: 'tables-named', tab: 'contents' },
  exclude_tables: { testid: 'tables-excluded', tab: 'contents' },
  structure_only: { testid: 'tables-structure', tab: 'contents' },
};

/** Ways to name a password without typing it, with the part that holds the name. */
export const REFERENCE = { env: 'name', file: 'path', command: 'line' } as const;

export function referenceOf(password: PasswordDraft): string {
  switch (password.from) {
    case 'env':
      return password.name;
    case 'file':
      return password.path;
    case 'command':
      return password.line;
    default:
      return '';
  }
}

type Rest = { reach: Reach; chosen: boolean; referenced: boolean; reference: string };

/** What is missing or wrong, by field. The engine looks again, and at more. */
export function check({ paths, server }: ProfileDraft, rest: Rest): Record<string, string> {
  const problems: Record<string, string> = {};
  if (server === null) {
    if (paths.length === 0) problems.paths = 'Choose a SQLite file, or paste its path.';
    return problems;
  }
  if (rest.reach === 'container' && server.container === '') problems.container = 'Name the container.';
  if (rest.reach !== 'container' && server.host === '') problems.host = rest.reach === 'socket' ? 'Name the socket.' : 'Name the host.';
  if (server.port !== null && !(Number.isInteger(server.port) && server.port > 0 && server.port < 65_536)) {
    problems.port = 'A number from 1 to 65535.';
  }
  if (server.password.from === 'typed' && server.password.text === '') problems.password = 'Enter the password, or choose that there is none.';
  if (rest.referenced && rest.reference.trim() === '') problems.password = 'Say where the password is.';
  if (rest.chosen && server.databases.length === 0) problems.databases = 'Name a database, or take all of them.';
  return problems;
}
