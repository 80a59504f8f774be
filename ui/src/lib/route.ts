// Pages and their addresses: the part after `#`. Pure; `navigation.svelte.ts` follows it.

export const PAGES = ['home', 'databases', 'backups', 'restore', 'storage', 'settings'] as const;

export type Page = (typeof PAGES)[number];

export type Route = {
  page: Page;
  /** What is open on the page: `id` of a backup, `edit` or `add` of a database, `file` or `backup` to look inside. */
  params: Record<string, string>;
};

function isPage(text: string): text is Page {
  return (PAGES as readonly string[]).includes(text);
}

/** Reads an address; whatever is not known is Home. */
export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  if (!isPage(path)) return { page: 'home', params: {} };
  return { page: path, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** What the user would call another place: a page, or another file or backup that is looked into. */
export function placeOf({ page, params }: Route): string {
  return page === 'restore' ? [page, params.file, params.backup].join(' ') : page;
}

/** Writes an address. */
export function href(page: Page, params: Record<string, string> = {}): string {
  const query = new URLSearchParams(params).toString();
  return query === '' ? `#/${page}` : `#/${page}?${query}`;
}
