// The only door to the engine: every command of the window, with its types. Nothing else calls `invoke`.
import { Channel, invoke } from '@tauri-apps/api/core';
import type { ArchiveRef } from '../bindings/ArchiveRef';
import type { BackupDetails } from '../bindings/BackupDetails';
import type { BackupId } from '../bindings/BackupId';
import type { BackupView } from '../bindings/BackupView';
import type { BrowseOrder } from '../bindings/BrowseOrder';
import type { Comparison } from '../bindings/Comparison';
import type { FileId } from '../bindings/FileId';
import type { FileInside } from '../bindings/FileInside';
import type { FileNews } from '../bindings/FileNews';
import type { LoadDraft } from '../bindings/LoadDraft';
import type { LoadPlan } from '../bindings/LoadPlan';
import type { OpenedFile } from '../bindings/OpenedFile';
import type { ParsedUrl } from '../bindings/ParsedUrl';
import type { Probe } from '../bindings/Probe';
import type { ProfileDraft } from '../bindings/ProfileDraft';
import type { RestoreDraft } from '../bindings/RestoreDraft';
import type { RunId } from '../bindings/RunId';
import type { RestoreView } from '../bindings/RestoreView';
import type { SettingsChange } from '../bindings/SettingsChange';
import type { StorageCheck } from '../bindings/StorageCheck';
import type { StorageDraft } from '../bindings/StorageDraft';
import type { TableRows } from '../bindings/TableRows';
import type { TargetCard } from '../bindings/TargetCard';
import type { WatchMessage } from '../bindings/WatchMessage';
import { toReport } from './errors';

/** Every command by name. A test in Rust compares this list with its handlers. */
export const COMMANDS = [
  'watch',
  'window_ready',
  'backup_start',
  'run_cancel',
  'profile_probe',
  'connection_parse_url',
  'profile_save',
  'profile_remove',
  'pick_database_files',
  'pick_file',
  'pick_folder',
  'pick_restore_target',
  'pick_dump_file',
  'pick_dump_folder',
  'storage_test',
  'storage_save',
  'storage_remove',
  'backups_list',
  'backup_details',
  'backup_verify',
  'backup_prove',
  'profile_prove',
  'backups_rescan',
  'restore_check',
  'restore_start',
  'restore_card',
  'restores_list',
  'undo_card',
  'undo_start',
  'files_watch',
  'file_look',
  'file_check',
  'file_restore_check',
  'file_restore_start',
  'file_restore_card',
  'file_load_plan',
  'file_load_start',
  'rows_first',
  'compare_archives',
  'compare_live',
  'look_stop',
  'reveal_backup',
  'reveal_storage',
  'reveal_config',
  'reveal_restored',
  'settings_save',
] as const;

export type Command = (typeof COMMANDS)[number];

/** Calls a command; whatever goes wrong is thrown as an `ErrorReport`. */
async function call<T>(command: Command, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (error) {
    throw toReport(error);
  }
}

let stopping: Promise<void> = Promise.resolve();

/** Looks once the stop of the look before has arrived: it would end this one. */
async function afterStop<T>(look: () => Promise<T>): Promise<T> {
  await stopping;
  return look();
}

export const api = {
  /** Subscribes to the state and to all runs; the first message is the whole state. */
  watch: (onMessage: (message: WatchMessage) => void) =>
    call<void>('watch', { channel: new Channel<WatchMessage>(onMessage) }),
  windowReady: () => call<void>('window_ready'),

  /** Starts a backup of each named profile; of all that this version supports when there is none. */
  backupStart: (profiles: string[]) => call<RunId[]>('backup_start', { profiles }),
  runCancel: (run: RunId) => call<void>('run_cancel', { run }),

  /** Looks at what a form means; `original` is the saved profile whose password a form without one uses. */
  profileProbe: (original: string | null, draft: ProfileDraft) => call<Probe>('profile_probe', { original, draft }),
  /** Takes a connection URL apart. */
  connectionParseUrl: (text: string) => call<ParsedUrl>('connection_parse_url', { text }),
  /** Saves a profile; `original` is its name before the edit, `null` for a new one. */
  profileSave: (original: string | null, draft: ProfileDraft) =>
    call<void>('profile_save', { original, draft }),
  /** Forgets a profile; its backups stay. */
  profileRemove: (name: string) => call<void>('profile_remove', { name }),

  /** Opens the desktop's file dialog; an empty list means that it was cancelled. */
  pickDatabaseFiles: () => call<string[]>('pick_database_files'),
  pickFile: (title: string) => call<string | null>('pick_file', { title }),
  pickFolder: (title: string) => call<string | null>('pick_folder', { title }),
  pickRestoreTarget: (suggested: string) => call<string | null>('pick_restore_target', { suggested }),

  /** Lets the user choose what to look inside; `null` means that the dialog was cancelled. */
  pickDumpFile: () => call<OpenedFile | null>('pick_dump_file'),
  pickDumpFolder: () => call<OpenedFile | null>('pick_dump_folder'),

  storageTest: (draft: StorageDraft) => call<StorageCheck>('storage_test', { draft }),
  storageSave: (original: string | null, draft: StorageDraft) =>
    call<void>('storage_save', { original, draft }),
  /** Forgets a place; its files stay. */
  storageRemove: (name: string) => call<void>('storage_remove', { name }),

  backupsList: () => call<BackupView[]>('backups_list'),
  backupDetails: (id: BackupId) => call<BackupDetails>('backup_details', { id }),
  backupVerify: (id: BackupId) => call<RunId>('backup_verify', { id }),
  /** Restores it to a scratch place and compares, as a test. */
  backupProve: (id: BackupId) => call<RunId>('backup_prove', { id }),
  /** The same with the newest good backup of a profile. */
  profileProve: (name: string) => call<RunId>('profile_prove', { name }),
  /** Looks for backups in every place; returns how many were not known before. */
  backupsRescan: () => call<number>('backups_rescan'),

  /** Resolves when the target is acceptable, else throws the reason. */
  restoreCheck: (draft: RestoreDraft) => call<void>('restore_check', { draft }),
  restoreStart: (draft: RestoreDraft) => call<RunId>('restore_start', { draft }),
  /** What a restore would replace, beside what would come. */
  restoreCard: (draft: RestoreDraft) => call<TargetCard>('restore_card', { draft }),
  /** The last restores, also those before this start of the program. */
  restoresList: () => call<RestoreView[]>('restores_list'),
  undoCard: (run: RunId) => call<TargetCard>('undo_card', { run }),
  undoStart: (run: RunId, disconnect: boolean) => call<RunId>('undo_start', { run, disconnect }),

  /** Hears what is dragged over the window, and which files the user opens. */
  filesWatch: (onNews: (news: FileNews) => void) => call<void>('files_watch', { channel: new Channel<FileNews>(onNews) }),
  /** Reads a little of a file that the user gave, and writes nothing. */
  fileLook: (file: FileId) => call<FileInside>('file_look', { file }),
  /** Starts comparing every byte of it; without `again` the check that was started before is named. */
  fileCheck: (file: FileId, again: boolean) => call<RunId>('file_check', { file, again }),
  fileRestoreCheck: (file: FileId, draft: RestoreDraft) => call<void>('file_restore_check', { file, draft }),
  fileRestoreCard: (file: FileId, draft: RestoreDraft) => call<TargetCard>('file_restore_card', { file, draft }),
  fileRestoreStart: (file: FileId, draft: RestoreDraft) => call<RunId>('file_restore_start', { file, draft }),
  /** What is to be known before this dump of another program is loaded; throws why it would be refused. */
  fileLoadPlan: (file: FileId, draft: LoadDraft) => call<LoadPlan>('file_load_plan', { file, draft }),
  fileLoadStart: (file: FileId, draft: LoadDraft) => call<RunId>('file_load_start', { file, draft }),

  /** The first rows of a table. A new look into an archive ends the one before. */
  rowsFirst: (archive: ArchiveRef, order: BrowseOrder) => afterStop(() => call<TableRows>('rows_first', { archive, order })),
  compareArchives: (before: ArchiveRef, after: ArchiveRef) => afterStop(() => call<Comparison>('compare_archives', { before, after })),
  compareLive: (archive: ArchiveRef, profile: string) => afterStop(() => call<Comparison>('compare_live', { archive, profile })),
  /** Nobody waits for the look any more. */
  lookStop() {
    // Nobody is left who could be told that it failed.
    stopping = call<void>('look_stop').catch(() => undefined);
  },

  revealBackup: (id: BackupId) => call<void>('reveal_backup', { id }),
  revealStorage: (name: string) => call<void>('reveal_storage', { name }),
  revealConfig: () => call<void>('reveal_config'),
  revealRestored: (run: RunId) => call<void>('reveal_restored', { run }),

  settingsSave: (change: SettingsChange) => call<void>('settings_save', { change }),
};
