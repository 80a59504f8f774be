// The error of the last action on the current page; `Page` shows it under the heading.
import type { ErrorReport } from '../bindings/ErrorReport';
import { toReport } from './errors';

class Problem {
  report = $state.raw<ErrorReport | null>(null);

  show(error: unknown): void {
    this.report = toReport(error);
  }

  clear(): void {
    this.report = null;
  }

  /** Does something; an error is shown on the page and `undefined` returned. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.clear();
    try {
      return await work();
    } catch (error) {
      this.show(error);
      return undefined;
    }
  }
}

export const problem = new Problem();
