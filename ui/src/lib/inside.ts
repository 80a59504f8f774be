// A backup that is looked into: the same whether the catalogue knows it or it is a file that the user gave.
import type { ArchiveLook } from '../bindings/ArchiveLook';
import type { ArchiveRef } from '../bindings/ArchiveRef';
import type { BackupDetails } from '../bindings/BackupDetails';
import type { BackupId } from '../bindings/BackupId';
import type { Codec } from '../bindings/Codec';
import type { Consistency } from '../bindings/Consistency';
import type { EngineKind } from '../bindings/EngineKind';
import type { ForeignLook } from '../bindings/ForeignLook';
import type { LoadPlan } from '../bindings/LoadPlan';
import type { OpenedFile } from '../bindings/OpenedFile';
import type { RestoreDraft } from '../bindings/RestoreDraft';
import type { RestorePlaces } from '../bindings/RestorePlaces';
import type { RunId } from '../bindings/RunId';
import type { TargetCard } from '../bindings/TargetCard';
import type { ServerInfo } from '../bindings/ServerInfo';
import type { Unit } from '../bindings/Unit';
import { api } from './api';
import { ENGINES } from './engines';
import { plural } from './format';
import { kindsOf } from './objects';

export type Inside = {
  /** What it is called where rows and differences are asked for. */
  archive: ArchiveRef;
  backup: BackupId;
  profile: string;
  engine: EngineKind;
  createdAt: string;
  storedBytes: number;
  rawBytes: number;
  codec: Codec;
  kronosVersion: string;
  server: ServerInfo;
  consistency: Consistency;
  /** The databases; what else is in the archive is `globals`. */
  databases: Unit[];
  globals: boolean;
  warnings: string[];
  location: string;
  /** Whether the record that Kronos writes beside each archive is there. */
  hasRecord: boolean;
  onServer: boolean;
  restoreProfiles: string[];
  /** What is offered as the target for this database. */
  suggestion: (database: string) => string;
  /** Where this database was, which is offered as what to replace. */
  origin: (database: string) => string;
  check: (draft: RestoreDraft) => Promise<void>;
  card: (draft: RestoreDraft) => Promise<TargetCard>;
  start: (draft: RestoreDraft) => Promise<RunId>;
};

type Contents = Pick<Inside, 'databases' | 'globals' | 'onServer' | 'restoreProfiles' | 'suggestion' | 'origin'>;

function contents(units: Unit[], places: RestorePlaces): Contents {
  return {
    databases: units.filter(({ kind }) => kind === 'database'),
    globals: units.some(({ kind }) => kind === 'globals'),
    onServer: places.on_server,
    restoreProfiles: places.restore_profiles,
    suggestion: (database) => places.suggested_targets[Math.max(0, units.findIndex(({ name, kind }) => kind === 'database' && name === database))] ?? '',
    origin: (database) => {
      const unit = units.find(({ name, kind }) => kind === 'database' && name === database);
      return (places.on_server ? unit?.name : unit?.source) ?? '';
    },
  };
}

/** A backup of the catalogue. */
export function ofBackup(details: BackupDetails): Inside {
  const { backup } = details;
  return {
    ...contents(details.units, details),
    archive: { what: 'backup', id: backup.id },
    backup: backup.id,
    profile: backup.profile,
    engine: backup.engine,
    createdAt: backup.created_at,
    storedBytes: backup.stored_bytes,
    rawBytes: backup.raw_bytes,
    codec: details.codec,
    kronosVersion: details.kronos_version,
    server: details.server,
    consistency: details.consistency,
    warnings: backup.warnings,
    location: details.location,
    hasRecord: true,
    check: api.restoreCheck,
    card: api.restoreCard,
    start: api.restoreStart,
  };
}

/** An archive that the user gave. */
export function ofFile(file: OpenedFile, look: ArchiveLook, places: RestorePlaces): Inside {
  return {
    ...contents(look.units, places),
    archive: { what: 'file', file: file.id },
    backup: look.id,
    profile: look.profile,
    engine: look.engine,
    createdAt: look.created_at,
    storedBytes: look.stored_bytes,
    rawBytes: look.raw_bytes,
    codec: look.codec,
    kronosVersion: look.kronos_version,
    server: look.server,
    consistency: look.consistency,
    warnings: look.warnings,
    location: look.location,
    hasRecord: look.has_record,
    check: (draft) => api.fileRestoreCheck(file.id, draft),
    card: (draft) => api.fileRestoreCard(file.id, draft),
    start: (draft) => api.fileRestoreStart(file.id, draft),
  };
}

/** One thing to know before a restore. Names stand in backticks. */
export type Finding = { tone: 'good' | 'info' | 'warn'; text: string };

const holds = (unit: Unit) => kindsOf(unit.objects) || 'nothing that can be counted';

/** What a restore of this backup will do, and what to be careful about. */
export function findings(inside: Inside): Finding[] {
  const { databases, consistency, engine } = inside;
  const [only] = databases;
  const place = inside.onServer ? 'a new database' : 'a new file';
  const makes: Finding[] =
    databases.length === 1 && only !== undefined
      ? [{ tone: 'good', text: `A restore makes ${place} with ${holds(only)}` }]
      : [{ tone: 'info', text: `It holds ${plural(databases.length, 'database')}; one at a time is restored, each to ${place}` }];
  const moment: Finding = { tone: consistency.snapshot ? 'good' : 'warn', text: consistency.label };
  const known = inside.warnings.map((text): Finding => ({ tone: 'warn', text }));
  const globals: Finding[] = inside.globals ? [{ tone: 'info', text: `${ENGINES[engine].globals} are in it as text, and are not restored here` }] : [];
  const record: Finding[] = inside.hasRecord
    ? []
    : [{ tone: 'info', text: 'The `.json` that Kronos writes beside an archive is not there; the archive proves itself without it' }];
  return [...makes, moment, ...known, ...globals, ...record];
}

/** What Kronos adds to that, for one server. */
export function planFindings(plan: LoadPlan, look: ForeignLook): Finding[] {
  const known = look.findings.map(({ sentence }) => sentence);
  const added = plan.warnings.filter((sentence) => !known.includes(sentence));
  return [...plan.notes.map((text): Finding => ({ tone: 'info', text })), ...added.map((text): Finding => ({ tone: 'warn', text }))];
}

/** What to know before a foreign dump is loaded. */
export function foreignFindings(look: ForeignLook): Finding[] {
  const found = look.findings.map(({ level, sentence }): Finding => ({ tone: level === 'warning' ? 'warn' : 'info', text: sentence }));
  const part: Finding[] = look.is_complete ? [] : [{ tone: 'info', text: 'Only a part of it was read, so there may be more in it than is listed here' }];
  return [...found, ...part];
}
