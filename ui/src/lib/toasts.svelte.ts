// Short messages about what has just happened. They go by themselves; nothing is only said here.
import type { Shape } from './texts';

export type Toast = {
  id: number;
  shape: Shape;
  /** Names stand in backticks. */
  text: string;
  action?: { label: string; run: () => void };
};

const LIFETIME = 8_000;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(toast: Omit<Toast, 'id'>): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-2), { ...toast, id }];
    this.release(id);
  }

  /** Keeps a toast while the pointer or the focus is on it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  release(id: number): void {
    this.hold(id);
    this.#timers.set(id, setTimeout(() => this.dismiss(id), LIFETIME));
  }

  dismiss(id: number): void {
    this.hold(id);
    this.#timers.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  clear(): void {
    for (const { id } of this.list) this.dismiss(id);
  }
}

export const toasts = new Toasts();
