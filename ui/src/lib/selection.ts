// What a selection takes of what a look at the server found, and how a choice in a list changes it. Pure.
import type { EngineKind } from '../bindings/EngineKind';
import type { ProbedDatabase } from '../bindings/ProbedDatabase';
import type { Selection } from '../bindings/Selection';
import type { ServerDraft } from '../bindings/ServerDraft';
import { isPattern, literal, matches, matchesObject } from './patterns';

/** How much of a table is backed up. */
export type Part = 'all' | 'structure' | 'none';

/** A table or collection of the server; those of the same name in several databases are one, as one rule is for all. */
export type Candidate = { name: string; size: number; rows: number | null; databases: number };

type Match = (pattern: string, name: string) => boolean;

/** PostgreSQL's tables have a schema; a name with a dot elsewhere is a name with a dot. */
export const matcher = (engine: EngineKind): Match => (engine === 'postgres' ? matchesObject : matches);

const without = (list: string[], name: string) => list.filter((entry) => entry !== name && entry !== literal(name));
const withName = (list: string[], name: string) => [...without(list, name), literal(name)];
/** The pattern, and not the name itself, that decides. */
const ruling = (list: string[], name: string, match: Match) =>
  list.find((entry) => entry !== name && entry !== literal(name) && isPattern(entry) && match(entry, name));

export function takesDatabase(server: ServerDraft, name: string): boolean {
  const wanted = server.databases.length === 0 || server.databases.some((entry) => entry === name || matches(entry, name));
  return wanted && !server.selection.exclude_databases.some((entry) => entry === name || matches(entry, name));
}

/** The pattern that leaves a database out, if one does; then a tick cannot take it back. */
export const leavesOut = (server: ServerDraft, name: string) => ruling(server.selection.exclude_databases, name, matches);

/** Takes a database or leaves it out. `chosen` says that only named databases are taken. */
export function setDatabase(server: ServerDraft, name: string, take: boolean, chosen: boolean): void {
  const { selection } = server;
  selection.exclude_databases = without(selection.exclude_databases, name);
  if (chosen) server.databases = without(server.databases, name);
  if (take) {
    if (chosen && !server.databases.some((entry) => matches(entry, name))) server.databases = [...server.databases, literal(name)];
  } else if (!chosen || server.databases.some((entry) => matches(entry, name))) {
    selection.exclude_databases = withName(selection.exclude_databases, name);
  }
}

export function partOf(selection: Selection, name: string, match: Match): Part {
  const hit = (list: string[]) => list.some((entry) => entry === name || match(entry, name));
  if (hit(selection.exclude_tables) || (selection.tables.length > 0 && !hit(selection.tables))) return 'none';
  return hit(selection.structure_only) ? 'structure' : 'all';
}

/** The pattern that decides over a table, so that only changing the pattern can change it. */
export function rulingPattern(selection: Selection, name: string, match: Match): string | undefined {
  return ruling(selection.exclude_tables, name, match) ?? ruling(selection.structure_only, name, match);
}

export function setPart(selection: Selection, name: string, part: Part, match: Match): void {
  selection.exclude_tables = without(selection.exclude_tables, name);
  selection.structure_only = without(selection.structure_only, name);
  if (part === 'structure') selection.structure_only = withName(selection.structure_only, name);
  if (part !== 'none') {
    const missing = selection.tables.length > 0 && !selection.tables.some((entry) => entry === name || match(entry, name));
    if (missing) selection.tables = [...selection.tables, literal(name)];
    return;
  }
  const rest = without(selection.tables, name);
  // The last of the named ones has to stay: an empty list would mean all of them.
  if (rest.length > 0 && rest.length < selection.tables.length && !rest.some((entry) => match(entry, name))) selection.tables = rest;
  else selection.exclude_tables = withName(selection.exclude_tables, name);
}

/** The tables of all databases that are taken, the largest first. */
export function candidates(databases: readonly ProbedDatabase[], server: ServerDraft): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const database of databases.filter(({ name }) => takesDatabase(server, name))) {
    for (const { name, size, rows } of database.objects) {
      const known = found.get(name) ?? { name, size: 0, rows: 0, databases: 0 };
      const sum = rows === null || known.rows === null ? null : known.rows + rows;
      found.set(name, { name, size: known.size + size, rows: sum, databases: known.databases + 1 });
    }
  }
  return [...found.values()].toSorted((a, b) => b.size - a.size || a.name.localeCompare(b.name));
}
