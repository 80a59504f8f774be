// What jsdom lacks, and a clean start for every test.
import { cleanup, configure } from '@testing-library/svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import { catalogue } from '../lib/catalogue.svelte';
import { files } from '../lib/files.svelte';
import { problem } from '../lib/problem.svelte';
import { restores } from '../lib/restores.svelte';
import { session } from '../lib/state.svelte';
import { toasts } from '../lib/toasts.svelte';

// jsdom knows <dialog> but cannot open one as a modal.
Object.assign(HTMLDialogElement.prototype, {
  showModal(this: HTMLDialogElement) {
    this.open = true;
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && this.open) this.dispatchEvent(new Event('cancel', { cancelable: true }));
    };
    document.addEventListener('keydown', escape);
    this.addEventListener('close', () => document.removeEventListener('keydown', escape), { once: true });
  },
  close(this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  },
});
window.scrollTo = () => undefined;
HTMLCanvasElement.prototype.getContext = () => null;

// Long enough for a machine that is busy with other things.
configure({ asyncUtilTimeout: 5_000 });

// As in index.html.
document.documentElement.lang = 'en';

beforeEach(() => {
  history.replaceState(null, '', '#/home');
});

afterEach(() => {
  cleanup();
  session.reset();
  catalogue.reset();
  files.reset();
  restores.reset();
  problem.clear();
  toasts.clear();
  vi.useRealTimers();
  delete document.documentElement.dataset.ready;
});
