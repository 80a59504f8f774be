// The words that every screen shares: states with their shapes, phases, pages, actions.
import type { BackupStatus } from '../bindings/BackupStatus';
import type { Phase } from '../bindings/Phase';
import type { RunKind } from '../bindings/RunKind';
import type { RunState } from '../bindings/RunState';
import type { Page } from './route';

/** What a state looks like; `StatePill` owns the drawing. */
export type Shape =
  | 'good'
  | 'warned'
  | 'failed'
  | 'running'
  | 'stalled'
  | 'waiting'
  | 'never'
  | 'stopped'
  | 'missing'
  | 'unreachable'
  | 'unsupported'
  | 'tested'
  | 'aged';

export type State = { shape: Shape; word: string };

export const RUN_STATES: Record<RunState, State> = {
  queued: { shape: 'waiting', word: 'Waiting' },
  running: { shape: 'running', word: 'Running' },
  cancelling: { shape: 'stopped', word: 'Cancelling' },
  succeeded: { shape: 'good', word: 'Done' },
  warned: { shape: 'warned', word: 'With warnings' },
  failed: { shape: 'failed', word: 'Failed' },
  cancelled: { shape: 'stopped', word: 'Cancelled' },
  interrupted: { shape: 'failed', word: 'Interrupted' },
};

export const STALLED: State = { shape: 'stalled', word: 'No data' };
export const BACKED_UP: State = { shape: 'good', word: 'Backed up' };
export const WITH_WARNINGS: State = { shape: 'warned', word: 'With warnings' };
export const ATTENTION: State = { shape: 'failed', word: 'Needs attention' };
export const NEVER: State = { shape: 'never', word: 'No backup yet' };

export const BACKUP_STATES: Record<BackupStatus, State> = {
  verified: { shape: 'good', word: 'Checked' },
  damaged: { shape: 'failed', word: 'Damaged' },
  missing: { shape: 'missing', word: 'Missing' },
  /** Its storage cannot be reached now; nothing is known to be wrong with it. */
  unreachable: { shape: 'unreachable', word: 'Not reachable' },
};

export const PHASES: Record<RunKind, Record<Phase, string>> = {
  backup: {
    preparing: 'Preparing',
    copying: 'Copying',
    storing: 'Compressing and storing',
    verifying: 'Checking the stored backup of',
    securing: 'Making the safety backup of',
    loading: 'Loading',
    finishing: 'Finishing',
    comparing: 'Comparing',
  },
  verify: {
    preparing: 'Preparing',
    copying: 'Reading',
    storing: 'Storing',
    verifying: 'Comparing every byte of',
    securing: 'Making the safety backup of',
    loading: 'Loading',
    finishing: 'Finishing',
    comparing: 'Comparing',
  },
  restore: {
    preparing: 'Preparing',
    copying: 'Reading',
    storing: 'Storing',
    verifying: 'Checking the whole backup of',
    securing: 'Making the safety backup of',
    loading: 'Loading',
    finishing: 'Finishing',
    comparing: 'Comparing',
  },
  restore_test: {
    preparing: 'Preparing',
    copying: 'Reading',
    storing: 'Storing',
    verifying: 'Comparing every table of',
    securing: 'Making the safety backup of',
    loading: 'Restoring to a scratch place:',
    finishing: 'Finishing',
    comparing: 'Comparing what the rows hold of',
  },
};

/** What a restore that replaces something does in other words. */
export const REPLACING: Partial<Record<Phase, string>> = {
  loading: 'Loading beside what is there:',
  finishing: 'Comparing every table, then swapping',
};

export const PAGE_NAMES: Record<Page, string> = {
  home: 'Home',
  databases: 'Databases',
  backups: 'Backups',
  restore: 'Restore',
  storage: 'Storage',
  settings: 'Settings',
};
