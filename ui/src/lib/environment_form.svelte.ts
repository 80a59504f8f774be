// What the form of a database says of what it is to its owner.
import type { ProfileDraft } from '../bindings/ProfileDraft';

export class EnvironmentForm {
  tag = $state('');
  /** As said; `null` leaves it to where it is. */
  #said = $state<boolean | null>(null);
  readonly #isRemote: () => boolean;

  constructor(isRemote: () => boolean) {
    this.#isRemote = isRemote;
  }

  fill(draft: ProfileDraft): void {
    this.tag = draft.tag ?? '';
    this.#said = draft.protected ?? null;
  }

  get isRemote(): boolean {
    return this.#isRemote();
  }

  /** Whether a restore must not replace it: as said, else what is usual where it is. */
  get isProtected(): boolean {
    return this.#said ?? this.isRemote;
  }

  /** Says so only where it is not usual. */
  protect(on: boolean): void {
    this.#said = on === this.isRemote ? null : on;
  }

  draft(): Pick<ProfileDraft, 'protected' | 'tag'> {
    return { protected: this.#said, tag: this.tag.trim() };
  }
}
