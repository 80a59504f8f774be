// The objects of a database: what they are called, how they are summed up, how they are searched.
import type { ObjectCount } from '../bindings/ObjectCount';
import type { ObjectKind } from '../bindings/ObjectKind';
import { plural } from './format';

/** One, and many where that is not simply an "s" more. */
const KINDS: Record<ObjectKind, [one: string, many?: string]> = {
  table: ['table'],
  virtual_table: ['virtual table'],
  collection: ['collection'],
  view: ['view'],
  materialized_view: ['materialized view'],
  index: ['index', 'indexes'],
  trigger: ['trigger'],
  sequence: ['sequence'],
  routine: ['routine'],
  event: ['event'],
  schema: ['schema'],
  extension: ['extension'],
  large_objects: ['large objects', 'large objects'],
};

export const kindOf = (object: ObjectCount): string => KINDS[object.kind][0];

/** "4 tables, 1 view": every kind that there is, in a fixed order. */
export function kindsOf(objects: readonly ObjectCount[]): string {
  return (Object.keys(KINDS) as ObjectKind[])
    .map((kind) => [objects.filter((object) => object.kind === kind).length, ...KINDS[kind]] as const)
    .filter(([number]) => number > 0)
    .map(([number, one, many]) => (one === many ? one : plural(number, one, many)))
    .join(', ');
}

/** Those whose name holds the text, upper and lower case alike. */
export function matching(objects: readonly ObjectCount[], text: string): readonly ObjectCount[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? objects : objects.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** Rows of everything that has any. */
export function rowsOf(objects: readonly ObjectCount[]): number {
  return objects.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
}

/** Tables, virtual tables and collections. */
export function tablesOf(objects: readonly ObjectCount[]): number {
  return objects.filter(({ kind }) => kind === 'table' || kind === 'virtual_table' || kind === 'collection').length;
}
