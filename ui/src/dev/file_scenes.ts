// The scenes of looking inside a file: every kind, every state of its check, names that would like to be markup.
import type { FileInside } from '../bindings/FileInside';
import type { RunView } from '../bindings/RunView';
import { encryptedInside, fileInside, foreignInside, refusedInside, serverInside } from './files';
import { ended, fullState, report, run } from './fixtures';
import type { Scene } from './scenes';
import { serverState } from './server_scenes';

const CHECK: Partial<RunView> = { id: 'check', kind: 'verify', backup: null, profile: '/home/ada/Downloads/shop.tar.gz' };

const looked = (answer: () => FileInside, check: RunView = ended(CHECK), state = fullState): Scene => ({
  state: () => (check.state === 'running' ? state({ active_runs: [check] }) : state({ recent_runs: [check] })),
  answers: { file_look: answer, file_check: () => 'check' },
});

const damaged = report({
  code: 'archive_damaged',
  what: '`shop.tar.gz` is damaged',
  why: 'The archive differs from what was written, at 71 MB',
  next_step: 'Use another backup of this database; nothing was changed',
  not_affected: null,
});

const restored = ended({
  id: 'restored',
  kind: 'restore',
  backup: 'shop_20261122T135401.250Z_k3v9x0',
  result: { kind: 'restore', backup: 'shop_20261122T135401.250Z_k3v9x0', target: '/home/ada/shop_restored_1122.db', bytes: 610_340_000, tables: 42, rows: 1_204_331, warnings: [] },
});

export const FILE_SCENES: Record<string, Scene> = {
  file: looked(() => fileInside()),
  'file-checking': looked(() => fileInside(), run({ ...CHECK, phase: 'verifying', bytes_done: 71_000_000, bytes_total: 184_200_000, fraction: 0.38 })),
  'file-unchecked': looked(() => fileInside({ look: { has_record: false } }), ended({ ...CHECK, state: 'cancelled' })),
  'file-bad': looked(() => fileInside(), ended({ ...CHECK, state: 'failed', error: damaged })),
  'file-server': looked(serverInside, ended(CHECK), serverState),
  'file-restored': { ...looked(() => fileInside()), state: () => fullState({ recent_runs: [restored, ended({ id: 'older', kind: 'restore', profile: 'app', result: restored.result })] }) },
  'file-foreign': looked(foreignInside),
  'file-mongo': looked(() => foreignInside({ form: 'mongo_archive', form_label: 'MongoDB archive', dialect: null, engine: 'mongodb', engine_label: 'MongoDB', source: null, runs_code: false, is_complete: true, findings: [] })),
  'file-damaged': looked(() => refusedInside('damaged')),
  'file-unknown': looked(() => refusedInside('unknown')),
  'file-encrypted': looked(encryptedInside),
  'file-gone': {
    state: fullState,
    answers: {
      file_look: () => {
        throw report({ code: 'object_missing', what: 'Kronos cannot look inside', why: 'There is no file `/media/ada/T7/shop.tar.gz`', next_step: 'Connect the disk, or choose another file', not_affected: null });
      },
    },
  },
  'file-looking': { state: fullState, answers: { file_look: () => new Promise(() => undefined) } },
};
