// Invented rows and comparisons, for the development page and the tests.
import type { Cell } from '../bindings/Cell';
import type { Comparison } from '../bindings/Comparison';
import type { TableRows } from '../bindings/TableRows';
import { ago, DAY } from './fixtures';

export const text = (value: string, cut_from: number | null = null): Cell => ({ kind: 'text', text: value, cut_from });

export const tableRows = (over: Partial<TableRows> = {}): TableRows => ({
  database: 'shop.db',
  table: 'orders',
  columns: ['id', 'customer', 'note', 'photo'],
  rows: Array.from({ length: 100 }, (_, index): Cell[] => [
    text(`${index + 1}`),
    text(`Kundin Nº ${index * 7}`),
    index % 3 === 0 ? { kind: 'null' } : text(index % 3 === 1 ? 'Lives behind the yard,\nsecond bell from above' : 'long '.repeat(200), index % 3 === 1 ? null : 1_200_000),
    { kind: 'binary', hex: '89504e470d0a1a0a0000000d49484452', length: 16_384 },
  ]),
  is_complete: false,
  rows_in_backup: 1_204_331,
  is_checked: false,
  ...over,
});

export const comparison = (over: Partial<Comparison> = {}): Comparison => ({
  before: { name: 'shop_20261121.tar.gz', at: ago(2 * DAY), is_live: false, is_checked: true },
  after: { name: 'shop_20261122.tar.gz', at: ago(DAY), is_live: false, is_checked: true },
  databases: [
    {
      name: 'shop.db',
      other_name: null,
      presence: 'both',
      differences: [
        { kind: 'table', name: 'audit_tmp', change: 'gone', rows_before: 12, rows_after: null, structure_changed: false },
        { kind: 'table', name: 'coupons', change: 'added', rows_before: null, rows_after: 40, structure_changed: false },
        { kind: 'table', name: 'orders', change: 'changed', rows_before: 1_204_331, rows_after: 1_209_880, structure_changed: true },
        { kind: 'view', name: 'spent', change: 'left_out', rows_before: null, rows_after: null, structure_changed: false },
      ],
      unchanged: 39,
      rows: 'counts',
      structure: 'definitions',
    },
  ],
  is_equal: false,
  ...over,
});
