// The name of something new that is to be made: proposed, typed, and checked a moment after the last change.
import type { ErrorReport } from '../bindings/ErrorReport';
import { toReport } from './errors';

const PAUSE = 300;

/** `Answer` is what a check says of a name that can be made. */
export class NewTarget<Answer> {
  target = $state('');
  /** The profile whose server takes it. */
  profile = $state<string | null>(null);
  checking = $state(false);
  refused = $state.raw<ErrorReport | null>(null);
  /** Of the last name that could be made; it stays while the next one is checked. */
  answer = $state.raw<Answer | null>(null);

  #typed = $state(false);
  #question = 0;
  #started: string | null = null;

  get wanted(): string {
    return this.target.trim();
  }

  /** Whether what stands there now can be made. */
  get fine(): boolean {
    return !this.checking && this.refused === null && this.answer !== null;
  }

  /** Proposes a target unless one was typed, and a server unless one was chosen that still fits. */
  propose(suggestion: string, profiles: readonly string[]): void {
    if (this.profile === null || !profiles.includes(this.profile)) this.profile = profiles[0] ?? null;
    if (!this.#typed) this.target = suggestion;
  }

  typed(): void {
    this.#typed = this.wanted !== '';
  }

  /** Asks in a moment, unless there is nothing to ask; for an effect, which calls what comes back before the next one. */
  ask(check: (() => Promise<Answer>) | null): (() => void) | undefined {
    const mine = ++this.#question;
    this.refused = null;
    this.checking = check !== null;
    if (check === null) {
      this.answer = null;
      return undefined;
    }
    const settle = (answer: Answer | null, refused: ErrorReport | null) => {
      if (mine !== this.#question) return;
      [this.answer, this.refused, this.checking] = [answer, refused, false];
    };
    const timer = setTimeout(() => {
      check().then(
        (answer) => settle(answer, null),
        (reason: unknown) => settle(null, toReport(reason)),
      );
    }, PAUSE);
    return () => clearTimeout(timer);
  }

  /** Notes what is being made; false where nothing was named. */
  begin(): boolean {
    if (this.wanted === '') document.querySelector<HTMLElement>('[data-testid="restore-target"]')?.focus();
    else this.#started = this.wanted;
    return this.wanted !== '';
  }

  /** What was typed has been made; after a failure it stays. */
  ended(made: boolean): void {
    if (made && this.#started === this.wanted) this.#typed = false;
    this.#started = null;
  }
}
