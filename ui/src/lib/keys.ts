// The keyboard map: one table that is both obeyed and shown. No single-character shortcuts.
import { PAGES, type Page } from './route';
import { PAGE_NAMES } from './texts';

export type Action = { do: 'page'; page: Page } | { do: 'add' | 'backup-all' | 'open' | 'cancel' | 'shortcuts' | 'refresh' | 'back' };

export type Shortcut = { keys: string[]; says: string };

const MAC = /mac/i.test(navigator.platform);
const CTRL = MAC ? '⌘' : 'Ctrl';

/** "Ctrl+Shift+B", "⌘⇧B": a shortcut in a title, in the words of the platform. */
export function combination(...keys: string[]): string {
  return MAC ? [CTRL, ...keys].join('').replace('Shift', '⇧') : [CTRL, ...keys].join('+');
}

/** What the shortcuts dialog lists. */
export const SHORTCUTS: Shortcut[] = [
  ...PAGES.map((page, index) => ({ keys: [CTRL, `${index + 1}`], says: `Go to ${PAGE_NAMES[page]}` })),
  { keys: [CTRL, ','], says: 'Go to Settings (like other programs)' },
  { keys: [CTRL, 'O'], says: 'Choose a file to look inside' },
  { keys: [CTRL, 'N'], says: 'Add a database' },
  { keys: [CTRL, 'Shift', 'B'], says: 'Back up all databases' },
  { keys: [CTRL, '.'], says: 'Cancel the running backup' },
  { keys: [CTRL, 'R'], says: 'Look again for what has changed (F5 too)' },
  { keys: MAC ? [CTRL, '['] : ['Alt', '←'], says: 'Go back' },
  { keys: [CTRL, '/'], says: 'Show these shortcuts' },
  { keys: ['Esc'], says: 'Close a dialog or a drawer' },
];

/** What a key press means, or `null`. */
export function action(event: KeyboardEvent): Action | null {
  const control = MAC ? event.metaKey : event.ctrlKey;
  if (event.isComposing) return null;
  const key = event.key.toLowerCase();
  const modified = event.ctrlKey || event.metaKey || event.shiftKey;
  if (key === 'f5' && !modified && !event.altKey) return { do: 'refresh' };
  // On a Mac this combination moves the caret by a word.
  if (!MAC && key === 'arrowleft' && event.altKey && !modified) return { do: 'back' };
  if (!control || event.altKey) return null;
  if (MAC && key === '[' && !event.shiftKey) return { do: 'back' };
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
    case 'o':
      return { do: 'open' };
    case 'r':
      return { do: 'refresh' };
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
