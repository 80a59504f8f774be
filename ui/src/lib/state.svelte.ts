// The engine's state as the window last heard it. Views read it; only messages from the engine change it.
import { SvelteSet } from 'svelte/reactivity';
import type { AppState } from '../bindings/AppState';
import type { BackupId } from '../bindings/BackupId';
import type { ErrorReport } from '../bindings/ErrorReport';
import type { ProfileView } from '../bindings/ProfileView';
import type { RunId } from '../bindings/RunId';
import type { RunView } from '../bindings/RunView';
import type { WatchMessage } from '../bindings/WatchMessage';
import { api } from './api';
import { toReport } from './errors';
import { isActive, merge, percent, phaseSentence, subject } from './runs';

const RECENT = 20;

class Session {
  /** `null` until the first message. */
  app = $state.raw<AppState | null>(null);
  /** Runs that wait or work, oldest first. */
  active = $state.raw<RunView[]>([]);
  /** Runs that have ended, newest first. */
  recent = $state.raw<RunView[]>([]);
  /** Why the engine cannot be heard. */
  lost = $state.raw<ErrorReport | null>(null);
  /** Rises whenever the list of backups may have changed. */
  backupsVersion = $state(0);
  /** What the polite live region says: new phases and quarters. */
  announcement = $state('');

  /** Failures, results and messages that were put away; they stay away until the window is made anew. */
  readonly dismissed = new SvelteSet<string>();

  #ended = new Set<RunId>();
  #onEnded: (run: RunView) => void = () => undefined;

  /** Subscribes. `onEnded` hears of each run that ends while the window is open, once. */
  async start(onEnded: (run: RunView) => void): Promise<void> {
    this.#onEnded = onEnded;
    try {
      await this.refresh();
    } catch (error) {
      this.lost = toReport(error);
    }
  }

  /** Asks for the whole state again; the engine then speaks to the new channel only. */
  refresh(): Promise<void> {
    return api.watch((message) => this.apply(message));
  }

  apply(message: WatchMessage): void {
    if (message.message === 'state') this.#applyState(message.content);
    else if (message.content.event === 'backups_changed') this.backupsVersion += 1;
    else if (message.content.event !== 'config_changed') this.#applyRun(message.content);
  }

  /** The backup of a profile that waits or works, if there is one. */
  backupOf(profile: string): RunView | undefined {
    return this.active.find((run) => run.kind === 'backup' && run.profile === profile);
  }

  /** The profile of a run, as long as there is one. */
  profileOf(run: RunView): ProfileView | undefined {
    return this.app?.profiles.find(({ name }) => name === run.profile);
  }

  /** Why no restore can be started now; `null` when one can. */
  get restoreWaits(): string | null {
    const active = this.active.find((run) => run.kind === 'restore');
    if (active === undefined) return null;
    return active.state === 'queued' ? 'A restore waits for its turn' : 'A restore is running';
  }

  /** The check of a backup that waits or works, else the last one that ended. */
  checkOf(backup: BackupId): RunView | undefined {
    const mine = (run: RunView) => run.kind === 'verify' && run.backup === backup;
    return this.active.find(mine) ?? this.recent.find(mine);
  }

  /** The restore test of a backup that waits or works, else the last one that ended. */
  proofOf(backup: BackupId): RunView | undefined {
    const mine = (run: RunView) => run.kind === 'restore_test' && run.backup === backup;
    return this.active.find(mine) ?? this.recent.find(mine);
  }

  /** Says something to those who listen to the window. */
  say(text: string): void {
    this.announcement = text.replaceAll('`', '');
  }

  /** Back to the beginning, for tests. */
  reset(): void {
    this.app = null;
    this.active = [];
    this.recent = [];
    this.lost = null;
    this.announcement = '';
    this.dismissed.clear();
    this.#ended.clear();
    this.#onEnded = () => undefined;
  }

  #applyState(state: AppState): void {
    const first = this.app === null;
    const known = new Map(this.active.map((run) => [run.id, run]));
    this.app = state;
    this.active = state.active_runs.map((run) => merge(known.get(run.id), run)).filter(isActive);
    this.recent = state.recent_runs;
    for (const run of state.recent_runs.toReversed()) {
      if (first) this.#ended.add(run.id);
      else this.#end(run);
    }
  }

  #applyRun(news: RunView): void {
    const same = (run: RunView) => run.id === news.id;
    const old = this.active.find(same) ?? this.recent.find(same);
    const run = merge(old, news);
    if (!isActive(run)) {
      this.active = this.active.filter(({ id }) => id !== run.id);
      this.recent = [run, ...this.recent.filter(({ id }) => id !== run.id)].slice(0, RECENT);
      this.#end(run);
      return;
    }
    if (old === undefined) this.active = [...this.active, run];
    else this.active = this.active.map((other) => (other.id === run.id ? run : other));
    this.#announce(old, run);
  }

  #end(run: RunView): void {
    if (this.#ended.has(run.id)) return;
    this.#ended.add(run.id);
    this.backupsVersion += 1;
    this.#onEnded(run);
  }

  #announce(old: RunView | undefined, run: RunView): void {
    const quarter = (view: RunView) => Math.floor(percent(view) / 25);
    if (old?.phase !== run.phase || old.state !== run.state) {
      this.announcement = `${subject(run)}: ${phaseSentence(run)}`;
    } else if (quarter(old) < quarter(run)) {
      this.announcement = `${subject(run)}: ${quarter(run) * 25} %`;
    }
  }
}

export const session = new Session();
