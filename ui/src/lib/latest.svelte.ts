// The answer to what was asked last: one that comes too late, or that nobody waits for any more, is dropped.
import type { ErrorReport } from '../bindings/ErrorReport';
import { toReport } from './errors';

export class Latest<T> {
  /** The last answer; it stays while the next one is waited for. */
  answer = $state.raw<T | null>(null);
  error = $state.raw<ErrorReport | null>(null);
  /** Whether the answer belongs to what was asked last. */
  fresh = $state(false);
  #question = 0;

  /** Asks, and returns the answer unless something else was asked meanwhile. */
  async ask(question: () => Promise<T>): Promise<T | undefined> {
    const mine = ++this.#question;
    this.fresh = false;
    this.error = null;
    try {
      const answer = await question();
      if (mine !== this.#question) return undefined;
      this.answer = answer;
      this.fresh = true;
      return answer;
    } catch (reason) {
      if (mine === this.#question) this.error = toReport(reason);
      return undefined;
    }
  }

  /** Nobody waits any more; says whether an answer was still on its way. */
  leave(): boolean {
    this.#question += 1;
    return !this.fresh && this.error === null;
  }
}
