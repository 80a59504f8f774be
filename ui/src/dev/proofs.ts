// Invented restore tests, for the development page and the tests.
import type { RestoreTest } from '../bindings/RestoreTest';
import type { Scene } from './scenes';
import { ago, backup, DAY, ended, fullState, profile, report, run } from './fixtures';

export const restoreTest = (over: Partial<RestoreTest> = {}): RestoreTest => ({
  at: ago(DAY),
  outcome: 'passed',
  sentence: '42 tables with 1 204 331 rows are as the backup recorded them',
  tables: 42,
  rows: 1_204_331,
  fresh_until: ago(-29 * DAY),
  ...over,
});

export const OLD = { at: ago(34 * DAY), fresh_until: ago(4 * DAY) };
export const FAILED = { outcome: 'failed' as const, sentence: 'The table `orders` has 12 rows and should have 13' };

const three = () => [
  backup({ id: 'fresh', profile: 'shop', restore_test: restoreTest() }),
  backup({ id: 'old', profile: 'app', restore_test: restoreTest(OLD) }),
  backup({ id: 'bad', profile: 'orders', restore_test: restoreTest(FAILED) }),
];

const proof = { id: 'proof', kind: 'restore_test' as const, backup: 'fresh' };

export const PROOF_SCENES: Record<string, Scene> = {
  proved: {
    state: () => fullState({ profiles: three().map((one) => profile({ name: one.profile, last_backup: one, restore_test: { backup: one.id, test: one.restore_test ?? restoreTest() } })) }),
    backups: three,
  },
  proving: { state: () => fullState({ active_runs: [run({ ...proof, phase: 'loading' })] }), backups: three },
  'proof-failed': { state: () => fullState({ recent_runs: [ended({ ...proof, state: 'failed', error: report({ what: '`shop` did not pass its restore test' }) })] }), backups: three },
  'scratch-restored': {
    state: () =>
      fullState({
        recent_runs: [
          ended({
            id: 'scratch',
            kind: 'restore',
            backup: 'shop_0',
            result: { kind: 'restore', backup: 'shop_0', target: '/home/ada/.local/state/kronos/scratch/shop.db', bytes: 9_000, tables: 1, rows: 9, warnings: [], scratch: { removed_after: ago(-DAY) } },
          }),
        ],
      }),
  },
};
