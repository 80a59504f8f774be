// The files that the user gives to the window: what is dragged over it, and where one that was opened leads.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { FileId } from '../bindings/FileId';
import type { FileNews } from '../bindings/FileNews';
import type { OpenedFile } from '../bindings/OpenedFile';
import type { RunId } from '../bindings/RunId';
import { api } from './api';
import { plural } from './format';
import { navigation } from './navigation.svelte';
import { toasts } from './toasts.svelte';

/** A form that would be lost with the page behind it. A drawer only shows. */
const FORM = 'dialog[open]:not(.drawer)';

class Files {
  /** What is dragged over the window now. */
  over = $state.raw<{ count: number; name: string } | null>(null);

  /** Runs whose end the view in sight shows itself. */
  readonly shown = new SvelteSet<RunId>();

  #checks = new SvelteMap<RunId, FileId>();
  /** The last load of each dump that was started here. */
  #loads = new SvelteMap<FileId, RunId>();
  /** Checks that were ended because nobody looked at their file any more. */
  #left = new SvelteSet<RunId>();

  start(): Promise<void> {
    return api.filesWatch((news) => this.hear(news));
  }

  hear(news: FileNews): void {
    this.over = news.news === 'over' ? news : null;
    if (news.news === 'opened') this.open(news.file);
    else if (news.news === 'several') {
      const text = `One file at a time. ${plural(news.count, 'file')} came at once, so none was opened.`;
      toasts.show({ shape: 'waiting', text, about: 'files' });
    }
  }

  /** Takes the overlay away; the drag goes on until the user ends it. */
  hide(): void {
    this.over = null;
  }

  /** Looks inside a file, at once or when the form that is open now has been closed. */
  open(file: OpenedFile): void {
    const params = { file: file.id };
    if (document.querySelector(FORM) === null) navigation.go('restore', params);
    else {
      const text = `\`${file.name}\` waits until you have closed what is open.`;
      toasts.show({ shape: 'waiting', text, about: 'files', way: { label: 'Look inside', page: 'restore', params } });
    }
  }

  /** Lets the user choose what to look inside. */
  async choose(what: 'file' | 'folder'): Promise<void> {
    const file = await (what === 'file' ? api.pickDumpFile() : api.pickDumpFolder());
    if (file !== null) this.open(file);
  }

  /** Has the whole file checked; the check that was started before is named unless it is wanted again. */
  async check(file: FileId, again: boolean): Promise<RunId> {
    let run = await api.fileCheck(file, again);
    if (this.#left.has(run)) run = await api.fileCheck(file, true);
    this.#checks.set(run, file);
    return run;
  }

  /** Ends a check, because nobody looks at its file any more. */
  leave(run: RunId): void {
    this.#left.add(run);
    // It may have ended by itself meanwhile.
    api.runCancel(run).catch(() => undefined);
  }

  /** Whether this check was ended so; then its end is no news. */
  wasLeft(run: RunId): boolean {
    return this.#left.has(run);
  }

  noteLoad(file: FileId, run: RunId): void {
    this.#loads.set(file, run);
  }

  /** The last load of this dump, if one was started here. */
  loadOf(file: FileId): RunId | undefined {
    return this.#loads.get(file);
  }

  /** The file that a run has checked or loaded. */
  readBy(run: RunId): FileId | undefined {
    return this.#checks.get(run) ?? [...this.#loads].find(([, load]) => load === run)?.[0];
  }

  /** Back to the beginning, for tests. */
  reset(): void {
    this.over = null;
    this.shown.clear();
    this.#checks.clear();
    this.#loads.clear();
    this.#left.clear();
  }
}

export const files = new Files();
