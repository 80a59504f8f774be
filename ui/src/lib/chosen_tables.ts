// Restoring only some tables or collections: which can be chosen, and how they are named to the engine.
import type { ObjectCount } from '../bindings/ObjectCount';
import { literal } from './patterns';

/** The objects that can be ticked. */
export const choosable = (objects: readonly ObjectCount[]): ObjectCount[] => objects.filter(({ kind }) => kind === 'table' || kind === 'collection');

/** What a draft says of the choice: nothing when everything is wanted. */
export function chosenOnly(wanted: ReadonlySet<string> | null): { only?: string[] } {
  return wanted === null ? {} : { only: [...wanted].map(literal) };
}
