// Values of a table as a screen shows them, and a comparison in words.
import type { Cell } from '../bindings/Cell';
import type { Comparison } from '../bindings/Comparison';
import type { Difference } from '../bindings/Difference';
import type { DatabaseComparison } from '../bindings/DatabaseComparison';
import type { ObjectCount } from '../bindings/ObjectCount';
import type { TableRows } from '../bindings/TableRows';
import { bytes, count, plural, visible } from './format';

/** How many rows are asked for. */
export const ROWS = 100;
const LETTERS = 200;
const HEX = 16;

export type Shown = { text: string; tone: 'plain' | 'nothing' | 'bytes'; more: string };

/** One value; what is cut says how long it is. */
export function shown(cell: Cell): Shown {
  if (cell.kind === 'null') return { text: 'NULL', tone: 'nothing', more: '' };
  if (cell.kind === 'binary') {
    const begin = cell.hex.slice(0, HEX).replace(/(..)(?=.)/g, '$1 ');
    return { text: cell.hex.length > HEX ? `${begin}…` : begin, tone: 'bytes', more: bytes(cell.length) };
  }
  const letters = [...visible(cell.text)];
  const cut = cell.cut_from !== null || letters.length > LETTERS;
  const text = letters.slice(0, LETTERS).join('');
  return { text: cut ? `${text}…` : text, tone: 'plain', more: cell.cut_from === null ? '' : bytes(cell.cut_from) };
}

/** Whether an object has rows that can be looked at. */
export const hasRows = ({ kind }: ObjectCount): boolean => kind === 'table' || kind === 'collection';

/** "The first 100 of 1 204 331 rows", "All 3 rows". */
export function caption(rows: TableRows, word: string): string {
  const number = rows.rows.length;
  if (number === 0) return `There are no ${word}s in it.`;
  if (rows.is_complete) return number === 1 ? `The only ${word}.` : `All ${plural(number, word)}.`;
  const all = rows.rows_in_backup;
  return `The first ${plural(number, word)}${all === null ? '' : ` of ${count(all)}`}, in the order of the backup.`;
}

/** What became of one object, in words. */
export function change({ change: what, structure_changed: structure, rows_before: before, rows_after: after }: Difference): string {
  if (what === 'added') return 'new';
  if (what === 'gone') return 'gone';
  if (what === 'left_out') return 'left out of one side';
  if (what === 'estimated') return 'may have changed: its rows are estimated';
  const rows = before !== after ? 'other rows' : '';
  return [structure ? 'other structure' : '', rows].filter((text) => text !== '').join(', ') || 'changed';
}

/** How far the comparison of a database goes, so that nobody takes silence for proof. */
export function reach({ rows, structure, presence }: DatabaseComparison): string {
  if (presence !== 'both') return '';
  if (rows === 'identical') return 'Both dumps are the same, byte for byte.';
  const counted = { counts: 'Rows are compared by their number', estimates: 'Rows are compared with what the server estimates', nothing: 'Rows are not compared', identical: '' }[rows];
  const built = { definitions: 'structure by its definitions', names: 'structure by names only', nothing: 'structure not at all', identical: 'structure is identical' }[structure];
  return `${counted}, ${built}.`;
}

/** The one sentence on top. */
export function verdict(comparison: Comparison): string {
  const differences = comparison.databases.flatMap((database) => database.differences).filter(({ change: what }) => what !== 'left_out' && what !== 'estimated');
  const whole = comparison.databases.filter(({ presence }) => presence !== 'both').length;
  if (comparison.is_equal) return 'No difference was found';
  const parts = [differences.length > 0 ? plural(differences.length, 'difference') : '', whole > 0 ? plural(whole, 'database') + ' on one side only' : ''];
  return parts.filter((text) => text !== '').join(', ');
}
