// What is said when a run has ended: nothing where it is in sight already, else a toast that leads there.
import type { RunView } from '../bindings/RunView';
import { attention, CARDS } from './attention';
import { files } from './files.svelte';
import { navigation } from './navigation.svelte';
import { hasFailed, outcome } from './runs';
import { session } from './state.svelte';
import { RUN_STATES } from './texts';
import { toasts, type Way } from './toasts.svelte';

/** Where the reason of a failed run stands. */
function why(run: RunView): Omit<Way, 'label'> {
  const file = files.readBy(run.id);
  if (file !== undefined) return { page: 'restore', params: { file } };
  if (run.kind === 'restore') return { page: 'restore' };
  return (run.kind === 'verify' || run.kind === 'restore_test') && run.backup !== null ? { page: 'backups', params: { id: run.backup } } : { page: 'home' };
}

/** True when the view of a file or a backup shows how this run ends. */
function looking(run: RunView): boolean {
  if (files.shown.has(run.id)) return true;
  const { page, params } = navigation.route;
  if (run.kind === 'restore' && page === 'restore' && params.file === undefined && params.backup === undefined) return true;
  // A short check of a file ends before its view knows the run. It has the name of no database.
  return run.kind === 'verify' && session.profileOf(run) === undefined && params.file !== undefined;
}

/** True when the page shows the failure already, as a card or in the open drawer. */
function inSight(run: RunView): boolean {
  if (navigation.route.page === 'home' && session.app !== null) {
    const busy = session.active.filter(({ kind }) => kind === 'backup').map(({ profile }) => profile);
    return attention(session.app, session.recent, busy).slice(0, CARDS).some((card) => card.run === run.id);
  }
  if (looking(run)) return true;
  const { page: there, params } = why(run);
  const { id, file, backup } = navigation.route.params;
  return navigation.route.page === there && id === params?.id && file === params?.file && (backup ?? run.backup) === run.backup;
}

/** Says how a run has ended, unless it is in sight already. */
export function tell(run: RunView) {
  if (run.state === 'cancelled' && files.wasLeft(run.id)) return;
  const text = outcome(run, session.profileOf(run)?.engine);
  const about = `${run.kind} ${run.profile}`;
  if (run.kind !== 'backup' && looking(run)) session.say(text);
  else if (!hasFailed(run)) toasts.show({ shape: RUN_STATES[run.state].shape, text, about });
  else if (inSight(run)) {
    toasts.settled(about);
    session.say(text);
  } else toasts.show({ shape: 'failed', text, about, way: { label: 'Show why', ...why(run) } });
}
