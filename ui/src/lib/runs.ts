// What a run says about itself: pure functions from a `RunView` to words.
import type { BackupView } from '../bindings/BackupView';
import type { EngineKind } from '../bindings/EngineKind';
import type { ErrorReport } from '../bindings/ErrorReport';
import type { ProfileView } from '../bindings/ProfileView';
import type { RunKind } from '../bindings/RunKind';
import type { RunState } from '../bindings/RunState';
import type { RunView } from '../bindings/RunView';
import { rows, rowsShort, tables } from './engines';
import { sentence } from './errors';
import { bytes, bytesOf, duration, plural, secondsBetween, timeLeft, visible } from './format';
import { PHASES, REPLACING, RUN_STATES, STALLED, type State } from './texts';

export function isActive(run: { state: RunState }): boolean {
  return run.state === 'queued' || run.state === 'running' || run.state === 'cancelling';
}

export function hasFailed(run: { state: RunState }): boolean {
  return run.state === 'failed' || run.state === 'interrupted';
}

export function stateOf(run: RunView): State {
  return run.state === 'running' && run.stalled ? STALLED : RUN_STATES[run.state];
}

export const DOING: Record<RunKind, string> = { backup: 'Backup of', verify: 'Check of', restore: 'Restore of', restore_test: 'Restore test of' };

/** Whether this names a file, and not a database on a server. */
export const isPath = (target: string) => /^([/~]|[A-Za-z]:[\\/])/.test(target);

/** Whose run it is; of a file that was given to the window its name, without the folders around it. */
export function subject({ kind, profile }: { kind: RunKind; profile: string }): string {
  return kind === 'verify' && isPath(profile) ? (profile.split(/[\\/]/).at(-1) ?? profile) : profile;
}

/** "Backup of shop": names the run, for a label or a question. */
export function label(run: RunView): string {
  return `${DOING[run.kind]} ${visible(subject(run))}`;
}

/** "Step 2 of 4: Copying shop.db". */
export function phaseSentence(run: RunView): string {
  if (run.state === 'queued') return 'Waits until another run has ended';
  if (run.state === 'cancelling') return 'Stopping and removing the unfinished file';
  if (run.phase === null) return 'Starting';
  const verb = (run.replaces ? REPLACING[run.phase] : undefined) ?? PHASES[run.kind][run.phase];
  const named = run.object === null ? verb.replace(/ of$/, '') : `${verb} ${visible(run.object)}`;
  return `Step ${run.step} of ${run.steps}: ${named}`;
}

/** Bytes of the total. What a server estimates is called so, and can be passed. */
function progress(run: RunView, estimated: boolean): string {
  const { bytes_done: done, bytes_total: total } = run;
  if (!estimated || total === null) return bytesOf(done, total);
  return done > total ? `${bytes(done)}, more than expected` : `${bytes(done)} of about ${bytes(total)}`;
}

/** The counters that stand beside the bar: bytes of the total, rows, rate, time left. */
export function counters(run: RunView, profile?: Pick<ProfileView, 'engine' | 'on_server'>): string[] {
  if (run.state !== 'running') return [];
  const estimated = profile?.on_server === true && run.kind === 'backup' && run.phase === 'storing';
  if (run.stalled) return [progress(run, estimated), 'nothing has moved for 15 seconds'];
  const parts: string[] = [];
  if (run.bytes_done > 0 || run.bytes_total !== null) parts.push(progress(run, estimated));
  if (run.rows_done > 0) parts.push(rowsShort(profile?.engine ?? 'sqlite', run.rows_done));
  if (run.rate !== null) parts.push(`${bytes(run.rate)}/s`);
  if (run.seconds_left !== null) parts.push(timeLeft(run.seconds_left));
  return parts;
}

/** Whole per cent; 100 only when the run has ended. */
export function percent(run: RunView): number {
  const value = Math.floor(Math.min(1, Math.max(0, run.fraction)) * 100);
  return isActive(run) ? Math.min(99, value) : value;
}

/** Takes the news of a run; an ended run stays ended and a bar never goes back. */
export function merge(old: RunView | undefined, news: RunView): RunView {
  if (old === undefined) return news;
  if (!isActive(old) && isActive(news)) return old;
  return news.fraction < old.fraction ? { ...news, fraction: old.fraction } : news;
}

/** "4 tables, 1 530 rows match the backup": what a restore compared. */
export function matches(result: { tables: number; rows: number }, engine: EngineKind = 'sqlite'): string {
  return `${tables(engine, result.tables)}, ${rows(engine, result.rows)} match the backup`;
}

/** "4 tables, 1 530 rows, counted": of what was loaded there is nothing to compare with. */
export function loaded(result: { tables: number; rows: number }, engine: EngineKind = 'sqlite'): string {
  return `${tables(engine, result.tables)}, ${rows(engine, result.rows)}, counted`;
}

/** Why backups cannot be restored now: "1 damaged, 2 whose storage cannot be reached now". */
export function notOffered(backups: readonly Pick<BackupView, 'status'>[]): string {
  const WHY = { damaged: 'damaged', missing: 'missing', unreachable: 'whose storage cannot be reached now' } as const;
  return (Object.keys(WHY) as (keyof typeof WHY)[])
    .map((status) => [backups.filter((backup) => backup.status === status).length, WHY[status]] as const)
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${count} ${why}`)
    .join(', ');
}

/** One sentence for a run that has ended. */
export function outcome(run: RunView, engine?: EngineKind): string {
  const took = run.finished_at === null ? '' : ` in ${duration(secondsBetween(run.started_at, run.finished_at))}`;
  const result = run.result;
  if (result?.kind === 'backup') {
    const warned = result.warnings.length === 0 ? '' : `, ${plural(result.warnings.length, 'warning')}`;
    return `\`${run.profile}\` is backed up: ${bytes(result.stored_bytes)}${took}${warned}.`;
  }
  if (result?.kind === 'verify') return `This backup of \`${subject(run)}\` is intact: ${bytes(result.raw_bytes)} compared${took}.`;
  if (result?.kind === 'restore') {
    const warned = result.warnings.length === 0 ? '' : ` ${plural(result.warnings.length, 'thing')} to know.`;
    return `\`${run.profile}\` is restored${result.replaced === undefined ? '' : ' in place of what was there'}: ${matches(result, engine)}.${warned}`;
  }
  if (result?.kind === 'load') return `\`${run.profile}\` is loaded: ${loaded(result, engine)}.`;
  if (result?.kind === 'restore_test') return `\`${run.profile}\` passed its restore test: ${result.test.sentence}.`;
  if (run.state === 'cancelled') return `${label(run)} was cancelled. Nothing was changed.`;
  return sentence(run.error?.what ?? `${label(run)} did not finish`);
}

/** The error of a failed run; a run that was cut off has none of its own. */
export function errorOf(run: { kind: RunKind; state: RunState; error: ErrorReport | null }, profile: string): ErrorReport {
  if (run.error !== null) return run.error;
  const done = { backup: 'backed up', verify: 'checked', restore: 'restored', restore_test: 'restored as a test' }[run.kind];
  return {
    code: 'internal',
    what: `\`${profile}\` was not ${done}`,
    why: 'Kronos or the computer stopped while it was running.',
    next_step: 'Start it again.',
    not_affected: 'Older backups are not affected, and what was unfinished has been removed.',
    details: `The run ended as "${run.state}" and left no further details.`,
  };
}
