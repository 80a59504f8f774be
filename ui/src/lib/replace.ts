// Replacing something that exists: what is lost by it, and what is still missing before it may begin.
import type { TargetCard } from '../bindings/TargetCard';
import { ENGINES } from './engines';
import { bytes, count, duration, secondsBetween, visible } from './format';

/** What the user has said so far. */
export type Said = { typed: string; disconnect: boolean; safety: boolean };

/** What has to be typed, letter by letter. */
export const wanted = (card: TargetCard, safety: boolean): string => (safety ? card.confirm : card.confirm_without_safety);

/** Why the button does nothing yet; an undo is not typed, because its target is known. */
export function missing(card: TargetCard, said: Said, typing: boolean): string | null {
  if (card.refusal !== null) return visible(card.refusal.why.replaceAll('`', ''));
  if (card.programs.length > 0 && card.can_disconnect && !said.disconnect) return 'Tick first that the connected programs may be disconnected';
  if (typing && said.typed !== wanted(card, said.safety)) return `Type ${visible(wanted(card, said.safety))} first`;
  return null;
}

export type Row = { name: string; now: string; after: string; remark: string };

/** Both sides, line by line. */
export function sides(card: TargetCard): Row[] {
  const { now, after, engine, newest_change: newest } = card;
  const word = ENGINES[engine];
  const rows = (side: typeof now) => (side.rows === null ? 'not counted' : `${side.is_estimated ? 'about ' : ''}${count(side.rows)}`);
  const capital = (text: string) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}s`;
  const lost = newest === null ? 0 : (Date.parse(newest) - Date.parse(card.after_made_at)) / 1000;
  return [
    { name: capital(word.table), now: count(now.tables), after: count(after.tables), remark: card.gone_count === 0 ? '' : `${count(card.gone_count)} will be gone` },
    { name: capital(word.row), now: rows(now), after: rows(after), remark: fewer(now.rows, after.rows) },
    { name: 'Size', now: bytes(now.bytes), after: bytes(after.bytes), remark: '' },
    {
      name: 'Newest change',
      now: newest ?? '',
      after: card.after_made_at,
      remark: lost <= 0 || newest === null ? '' : `changes of up to ${duration(secondsBetween(card.after_made_at, newest))} are lost`,
    },
  ];
}

function fewer(now: number | null, after: number | null): string {
  return now === null || after === null || after >= now ? '' : `${count(now - after)} fewer`;
}
