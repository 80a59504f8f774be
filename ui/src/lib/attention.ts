// Which failures Home shows as cards: the last failed backup of each database, and failed checks and restores.
import type { AppState } from '../bindings/AppState';
import type { BackupId } from '../bindings/BackupId';
import type { ProfileView } from '../bindings/ProfileView';
import type { ErrorReport } from '../bindings/ErrorReport';
import type { RunId } from '../bindings/RunId';
import type { RunKind } from '../bindings/RunKind';
import type { RunState } from '../bindings/RunState';
import type { RunView } from '../bindings/RunView';
import { errorOf, hasFailed } from './runs';

export type Attention = {
  run: RunId;
  kind: RunKind;
  profile: string;
  /** The backup that could not be checked or restored. */
  backup: BackupId | null;
  state: RunState;
  at: string;
  report: ErrorReport;
  /** A failed backup stays until one succeeds; other failures can be put away. */
  dismissable: boolean;
};

type Ended = Pick<RunView, 'id' | 'kind' | 'state' | 'finished_at' | 'error'> & { backup?: BackupId | null };

/** How many cards Home shows unasked. */
export const CARDS = 3;

function card(run: Ended, profile: string): Attention {
  return {
    run: run.id,
    kind: run.kind,
    profile,
    backup: run.backup ?? null,
    state: run.state,
    at: run.finished_at ?? '',
    report: errorOf(run, profile),
    dismissable: run.kind !== 'backup',
  };
}

/** No run failed, but the newest backup is damaged or gone. */
function unusable(profile: ProfileView, report: ErrorReport): Attention {
  return {
    run: `problem-${profile.name}`,
    kind: 'backup',
    profile: profile.name,
    backup: null,
    state: 'failed',
    at: profile.last_run?.finished_at ?? '',
    report,
    dismissable: false,
  };
}

/** The cards, backups first, newest first. `busy` names profiles whose next backup is already on its way. */
export function attention(state: AppState, recent: readonly RunView[], busy: readonly string[]): Attention[] {
  const backups: Attention[] = [];
  for (const profile of state.profiles) {
    if (busy.includes(profile.name)) continue;
    const last: Ended | undefined =
      recent.find((run) => run.kind === 'backup' && run.profile === profile.name && run.state !== 'cancelled') ??
      (profile.last_run?.kind === 'backup' ? profile.last_run : undefined);
    if (last !== undefined && hasFailed(last)) backups.push(card(last, profile.name));
    else if (profile.problem !== null) backups.push(unusable(profile, profile.problem));
  }
  const others = recent.filter((run) => run.kind !== 'backup' && hasFailed(run)).map((run) => card(run, run.profile));
  const newest = (a: Attention, b: Attention) => b.at.localeCompare(a.at);
  return [...backups.toSorted(newest), ...others.toSorted(newest)];
}
