// Patterns with `*` and `?` as the engine reads them, for the lists of the form. Pure.

/** The pattern that matches this name and no other. */
export const literal = (name: string) => name.replace(/[*?[\]{}\\]/g, (mark) => `[${mark}]`);

/** True when a pattern may match more than one name. */
export const isPattern = (pattern: string) => /[*?{]|\[[^\]]{2,}\]/.test(pattern.replace(/\[[*?[\]{}\\]\]/g, ''));

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function characters(inside: string): string {
  const negated = /^[!^]/.test(inside);
  const list = (negated ? inside.slice(1) : inside).replace(/[\\\]^[]/g, '\\$&');
  return `[${negated ? '^' : ''}${list}]`;
}

function regex(pattern: string): RegExp {
  let depth = 0;
  const source = pattern.replace(/\[[!^]?\]?[^\]]*\]|\\.|[\s\S]/gu, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 2) return characters(part.slice(1, -1));
    if (part.length === 2 && part.startsWith('\\')) return escaped(part.slice(1));
    if (part === '{' || part === '}') {
      depth += part === '{' ? 1 : -1;
      return part === '{' ? '(?:' : ')';
    }
    return part === ',' && depth > 0 ? '|' : escaped(part);
  });
  return new RegExp(`^(?:${source})$`, 'su');
}

/** Whether a pattern matches; one that cannot be read matches nothing, and the engine says so on saving. */
export function matches(pattern: string, name: string): boolean {
  try {
    return regex(pattern).test(name);
  } catch {
    return false;
  }
}

/** A table of PostgreSQL is `schema.table`; a pattern without a dot means the table in every schema. */
export function matchesObject(pattern: string, name: string): boolean {
  if (matches(pattern, name)) return true;
  const dot = name.indexOf('.');
  return dot >= 0 && !pattern.includes('.') && matches(pattern, name.slice(dot + 1));
}
