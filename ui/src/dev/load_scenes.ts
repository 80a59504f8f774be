// The scenes of loading a dump of another program: every state from the question to the result.
import type { FileInside } from '../bindings/FileInside';
import type { LoadPlan } from '../bindings/LoadPlan';
import type { RunView } from '../bindings/RunView';
import { foreignInside, loadPlan } from './files';
import { ended, fullState, report, run } from './fixtures';
import type { Scene } from './scenes';

const MINE: Partial<RunView> = { id: 'load', kind: 'restore', backup: null, profile: 'blog.sql.gz' };

const asked = (plan: () => LoadPlan | Promise<LoadPlan>, inside: () => FileInside = () => foreignInside()): Scene => ({
  state: () => fullState(),
  answers: { file_look: inside, file_load_plan: plan },
});

/** The load has to be started by the page, which then finds it among the runs. */
const begun = (view: RunView): Scene => ({
  ...asked(() => loadPlan({ is_code: false })),
  answers: { file_look: () => foreignInside(), file_load_plan: () => loadPlan({ is_code: false }), file_load_start: () => 'load' },
  state: () => (view.finished_at === null ? fullState({ active_runs: [view] }) : fullState({ recent_runs: [view] })),
});

export const loaded = (over: Partial<RunView> = {}) =>
  ended({
    ...MINE,
    state: 'warned',
    result: {
      kind: 'load',
      dump: '/home/ada/Downloads/blog.sql.gz',
      target: 'localhost:3306/blog_restored_1123',
      bytes: 41_000_000,
      tables: 3,
      rows: 5_204,
      warnings: ['Nothing was compared: a dump of another program does not say how many rows it holds'],
    },
    ...over,
  });

export const notLoaded = () =>
  report({
    code: 'not_supported',
    what: '`blog.sql.gz` was not loaded',
    why: 'The dump names another database of this server, `orders` (line 812); Kronos does not load that',
    next_step: 'Dump that one database again without it, or load the file by hand',
    not_affected: 'What was made for it was removed again',
  });

const SUPERUSER =
  '`postgres` may run programs and read and write files on the server’s computer, and functions and `DO` blocks in the dump can do the same; nothing that Kronos does prevents that';

export const unlimited = () => loadPlan({ user: 'postgres', is_unlimited: true, warnings: [...loadPlan().warnings.slice(0, 1), SUPERUSER] });

const refused = (over: Parameters<typeof report>[0]) => () => {
  throw report({ what: 'This cannot be loaded', not_affected: null, ...over });
};

export const severalDatabases = () =>
  refused({
    code: 'not_supported',
    why: '`/home/ada/Downloads/blog.sql.gz` cannot be loaded: it makes or enters more than one database: `blog`, `orders`',
    next_step: 'Dump the one database that you want by itself, or load the file by hand',
  })();

export const LOAD_SCENES: Record<string, Scene> = {
  'load-asking': asked(() => new Promise(() => undefined)),
  'load-consent': asked(() => loadPlan({ notes: ['The dump names its own database, `blog`; that is left out, and all of it goes to `blog_restored_1123` instead'] })),
  'load-superuser': asked(unlimited),
  'load-refused': asked(severalDatabases, () => foreignInside({ own_databases: ['blog', 'orders'] })),
  'load-taken': asked(refused({ code: 'target_exists', why: 'A database named `blog_restored_1123` exists already', next_step: 'Choose another name' })),
  'load-changed': asked(refused({ code: 'source_changed', why: '`/home/ada/Downloads/blog.sql.gz` has changed since Kronos looked inside', next_step: 'Look inside again when nothing writes to it any more' })),
  'load-no-server': asked(() => loadPlan(), () => foreignInside({}, { profiles: [] })),
  'load-unknown': { state: () => fullState(), answers: { file_look: () => foreignInside({ engine: null, engine_label: null, dialect: 'unknown', form_label: 'SQL script' }) } },
  'load-running': begun(run({ ...MINE, phase: 'loading', step: 2, steps: 3, object: 'blog', bytes_done: 12_000_000, bytes_total: 41_000_000, fraction: 0.3 })),
  'load-failed': begun(ended({ ...MINE, state: 'failed', error: notLoaded() })),
  'load-done': begun(loaded()),
};
