// The list of backups, shared by the Backups and the Restore page; read again when it may have changed.
import type { BackupView } from '../bindings/BackupView';
import type { ErrorReport } from '../bindings/ErrorReport';
import { api } from './api';
import { toReport } from './errors';

class Catalogue {
  /** `null` until the first answer; newest first. */
  list = $state.raw<BackupView[] | null>(null);
  error = $state.raw<ErrorReport | null>(null);
  #question = 0;

  async load(): Promise<void> {
    const question = ++this.#question;
    try {
      const list = await api.backupsList();
      if (question !== this.#question) return;
      this.list = list.toSorted((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
      this.error = null;
    } catch (error) {
      if (question === this.#question) this.error = toReport(error);
    }
  }

  reset(): void {
    this.#question += 1;
    this.list = null;
    this.error = null;
  }
}

export const catalogue = new Catalogue();
