// The last restores as the engine remembers them, across starts of the program.
import type { RestoreView } from '../bindings/RestoreView';
import { api } from './api';
import { problem } from './problem.svelte';

class Restores {
  list = $state.raw<RestoreView[]>([]);
  #question = 0;

  async load(): Promise<void> {
    const question = ++this.#question;
    try {
      const list = await api.restoresList();
      if (question === this.#question) this.list = list;
    } catch (error) {
      if (question === this.#question) problem.show(error);
    }
  }

  /** Back to the beginning, for tests. */
  reset(): void {
    this.#question += 1;
    this.list = [];
  }
}

export const restores = new Restores();
