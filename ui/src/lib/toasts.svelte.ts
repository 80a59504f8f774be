// Short messages about what has just happened, at most two. Nothing is only said here.
import type { Page } from './route';
import type { Shape } from './texts';

/** Where a toast's button leads. */
export type Way = { label: string; page: Page; params?: Record<string, string> };

export type Toast = {
  id: number;
  shape: Shape;
  /** Names stand in backticks. */
  text: string;
  /** What it is about: the next message about the same takes its place. */
  about?: string;
  /** With a way on, a toast stays until it is used, put away, or its page is reached; without, it goes by itself. */
  way?: Way;
};

const LIFETIME = 6_000;
const MOST = 2;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #held = new Set<number>();

  show(toast: Omit<Toast, 'id'>): void {
    if (toast.about !== undefined) this.settled(toast.about);
    while (this.list.length >= MOST) this.dismiss(this.#leastMissed());
    const id = this.#next++;
    this.list = [...this.list, { ...toast, id }];
    this.release(id);
  }

  /** Keeps a toast while the pointer or the focus is on it. */
  hold(id: number): void {
    this.#held.add(id);
    clearTimeout(this.#timers.get(id));
  }

  release(id: number): void {
    this.hold(id);
    this.#held.delete(id);
    if (this.list.some((toast) => toast.id === id && toast.way === undefined)) {
      this.#timers.set(id, setTimeout(() => this.dismiss(id), LIFETIME));
    }
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#held.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** What was said about something is not the news any more. */
  settled(subject: string): void {
    for (const { id, about } of this.list) if (about === subject) this.dismiss(id);
  }

  /** A page is in sight: toasts that lead there have nothing more to say. */
  reached(page: Page): void {
    for (const { id, way } of this.list) if (way?.page === page) this.dismiss(id);
  }

  clear(): void {
    for (const { id } of this.list) this.dismiss(id);
  }

  /** The oldest, but one without a way on first, and one that is being read last. */
  #leastMissed(): number {
    const weight = ({ id, way }: Toast) => Number(this.#held.has(id)) * 2 + Number(way !== undefined);
    return this.list.toSorted((a, b) => weight(a) - weight(b) || a.id - b.id)[0]?.id ?? 0;
  }
}

export const toasts = new Toasts();
