// A hundred texts that would like to be more than text, for every place that shows a name; the tests of the
// real window read the same list.
import groups from './payloads.json';

export const PAYLOADS: string[] = Object.values(groups).flat();
