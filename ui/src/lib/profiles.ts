// What a database's row says: its state in words, from the profile and its active run.
import type { ProfileView } from '../bindings/ProfileView';
import type { RunView } from '../bindings/RunView';
import { stateOf } from './runs';
import { ATTENTION, BACKED_UP, NEVER, WITH_WARNINGS, type State } from './texts';

/** The pill of a database. A run that is going on comes first; a database is never called safe while it is not. */
export function profileState(profile: ProfileView, run: RunView | undefined): State {
  if (run !== undefined && run.kind === 'backup') return stateOf(run);
  switch (profile.protection) {
    case 'attention':
      return ATTENTION;
    case 'never':
      return NEVER;
    case 'protected':
      return (profile.last_backup?.warnings.length ?? 0) > 0 ? WITH_WARNINGS : BACKED_UP;
  }
}
