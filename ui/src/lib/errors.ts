// Errors as the window handles them: whatever was thrown becomes the five parts, and can be copied.
import type { ErrorCode } from '../bindings/ErrorCode';
import type { ErrorReport } from '../bindings/ErrorReport';
import type { RunKind } from '../bindings/RunKind';

function isReport(error: unknown): error is ErrorReport {
  return typeof error === 'object' && error !== null && 'code' in error && 'what' in error && 'why' in error;
}

const UNEXPECTED = 'Something unexpected happened';

/** True when the engine gave this error itself; else it was not heard at all. */
export function answered(report: ErrorReport): boolean {
  return report.what !== UNEXPECTED;
}

/** Turns anything that was thrown into an `ErrorReport`. */
export function toReport(error: unknown): ErrorReport {
  if (isReport(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    what: UNEXPECTED,
    why: message,
    next_step: 'Try again. If it happens again, copy the details and report them.',
    not_affected: 'Your databases and your backups are not affected.',
    details: error instanceof Error ? (error.stack ?? message) : message,
  };
}

/** The engine's sentences come without their full stop; here one is added where none of the marks ends it. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.…?!:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** The whole error as Markdown, ready for an issue or a message. */
export function toMarkdown(report: ErrorReport): string {
  const lines = [`### ${report.what}`, '', sentence(report.why)];
  if (report.next_step) lines.push('', `Next step: ${sentence(report.next_step)}`);
  if (report.not_affected) lines.push('', `Not affected: ${sentence(report.not_affected)}`);
  lines.push('', `Code: ${report.code}`, '', '```text', report.details, '```', '');
  return lines.join('\n');
}

/** The best way on after a failed run. */
export type Remedy = 'retry' | 'edit' | 'storage' | 'backups' | 'restore' | 'none';

const EDIT: readonly ErrorCode[] = [
  'source_missing',
  'not_a_database',
  'source_encrypted',
  'permission_denied',
  'config_invalid',
  'login_refused',
  'tls_failed',
  'tool_missing',
  'tool_unfit',
  'container_unavailable',
  'secret_unavailable',
];
const STORAGE: readonly ErrorCode[] = ['storage_unavailable', 'storage_full'];

/** Chooses the one primary action for a failed run; trying again is offered beside it where it can help. */
export function remedy(code: ErrorCode, kind: RunKind): Remedy {
  if (kind === 'verify' || kind === 'restore_test') return 'backups';
  if (kind === 'restore') return 'restore';
  if (code === 'not_supported') return 'none';
  if (EDIT.includes(code)) return 'edit';
  if (STORAGE.includes(code)) return 'storage';
  return 'retry';
}
