// The keyboard map: one table that is both obeyed and shown. No single-character shortcuts.
import { PAGES, type Page } from './route';
import { PAGE_NAMES } from './texts';

export type Action = { do: 'page'; page: Page } | { do: 'add' | 'backup-all' | 'cancel' | 'shortcuts' };

export type Shortcut = { keys: string[]; says: string };

const MAC = /mac/i.test(navigator.platform);
const CTRL = MAC ? '⌘' : 'Ctrl';

/** What the shortcuts dialog lists. */
export const SHORTCUTS: Shortcut[] = [
  ...PAGES.map((page, index) => ({ keys: [CTRL, `${index + 1}`], says: `Go to ${PAGE_NAMES[page]}` })),
  { keys: [CTRL, ','], says: 'Go to Settings (like other programs)' },
  { keys: [CTRL, 'N'], says: 'Add a database' },
  { keys: [CTRL, 'Shift', 'B'], says: 'Back up all databases' },
  { keys: [CTRL, '.'], says: 'Cancel the running backup' },
  { keys: [CTRL, '/'], says: 'Show these shortcuts' },
  { keys: ['Esc'], says: 'Close a dialog or a drawer' },
];

/** What a key press means, or `null`. */
export function action(event: KeyboardEvent): Action | null {
  const control = MAC ? event.metaKey : event.ctrlKey;
  if (!control || event.altKey || event.isComposing) return null;
  const key = event.key.toLowerCase();
  if (event.shiftKey) {
    if (key === 'b') return { do: 'backup-all' };
    return key === '/' || key === '?' ? { do: 'shortcuts' } : null;
  }
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? (/^[1-9]$/.test(key) ? key : null);
  if (digit !== null) {
    const page = PAGES[Number(digit) - 1];
    return page === undefined ? null : { do: 'page', page };
  }
  switch (key) {
    case ',':
      return { do: 'page', page: 'settings' };
    case 'n':
      return { do: 'add' };
    case '.':
      return { do: 'cancel' };
    case '/':
      return { do: 'shortcuts' };
    default:
      return null;
  }
}
