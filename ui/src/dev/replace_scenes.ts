// The scenes of replacing something that exists, and of undoing that.
import type { RunView } from '../bindings/RunView';
import { ended, fullState, report, run } from './fixtures';
import { remoteCard, restoreView, targetCard } from './replacing';
import type { Scene } from './scenes';
import { serverState } from './server_scenes';
import { serverDetails } from './servers';

const REPLACING: Partial<RunView> = { id: 'replacing', kind: 'restore', backup: 'shop_0', replaces: true, steps: 5 };

const inUse = report({
  code: 'target_in_use',
  what: '`/home/ada/code/shop/shop.db` cannot be replaced now',
  why: '`/home/ada/code/shop/shop.db` is in use by node, sqlite3',
  next_step: 'Close these programs and try again',
  not_affected: null,
});

const locked = report({
  code: 'target_locked',
  what: '`db.example.org:5432/warehouse` cannot be replaced now',
  why: '`db.example.org:5432/warehouse` is protected by the profile `warehouse`',
  next_step: 'If it may be replaced, take the protection away in the settings of `warehouse` (`protected = false`), and begin again',
  not_affected: null,
});

const { result } = restoreView();
const done = ended({ ...REPLACING, result });

export const REPLACE_SCENES: Record<string, Scene> = {
  replace: { state: fullState },
  'replace-in-use': { state: fullState, answers: { restore_card: () => targetCard({ programs: ['node', 'sqlite3'], refusal: inUse }) } },
  'replace-remote': {
    state: serverState,
    answers: { backup_details: () => serverDetails({ id: 'warehouse_1' }), restore_card: () => remoteCard() },
  },
  'replace-locked': {
    state: serverState,
    answers: { backup_details: () => serverDetails({ id: 'warehouse_1' }), restore_card: () => remoteCard({ tag: 'production', refusal: locked }) },
  },
  'replace-unproven': { state: fullState, answers: { restore_card: () => targetCard({ tag: 'staging', is_unproven: true, confirm: 'shop.db@localhost:5432' }) } },
  'undo-locked': {
    state: fullState,
    answers: { restores_list: () => [restoreView()], undo_card: () => targetCard({ tag: 'local', refusal: locked }) },
  },
  'replace-running': { state: () => fullState({ active_runs: [run({ ...REPLACING, phase: 'securing', step: 3 })] }) },
  'replace-swapping': { state: () => fullState({ active_runs: [run({ ...REPLACING, phase: 'finishing', step: 5 })] }) },
  replaced: { state: () => fullState({ recent_runs: [done] }), answers: { restores_list: () => [restoreView({ run: 'replacing' })] } },
  restores: {
    state: fullState,
    answers: {
      restores_list: () => [
        restoreView({ run: 'cut', state: 'interrupted', result: null }),
        restoreView({ run: 'lost', state: null, result: null, undo_until: null }),
        restoreView({ run: 'failed', state: 'failed', result: null, target: null, error: report({ what: '`shop.db` was not replaced' }), undo_until: null }),
        restoreView({ run: 'new', target: '/home/ada/shop_restored.db', undo_until: null }),
      ],
    },
  },
};
