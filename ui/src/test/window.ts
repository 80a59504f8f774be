// Opens the window over a fake engine, as a test needs it.
import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { expect } from 'vitest';
import App from '../App.svelte';
import type { AppState } from '../bindings/AppState';
import type { BackupView } from '../bindings/BackupView';
import { fakeEngine, type Answers, type Fake } from '../dev/fake';

export type Opened = { fake: Fake; user: ReturnType<typeof userEvent.setup>; close: () => void };

/** Opens the window on a page and waits until its first state is there. */
export async function open(hash: string, state: AppState, answers: Answers = {}, backups?: BackupView[]): Promise<Opened> {
  history.replaceState(null, '', hash);
  const fake = fakeEngine(state, answers, backups);
  const user = userEvent.setup();
  const { unmount } = render(App);
  if (answers.watch === undefined) await waitFor(() => expect(document.documentElement.dataset.ready).toBe('1'));
  return { fake, user, close: unmount };
}

/** No accessibility violation; contrast is computed elsewhere, jsdom paints nothing. */
export async function expectAccessible(): Promise<void> {
  const { violations } = await axe.run(document, {
    rules: { 'color-contrast': { enabled: false } },
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

export const byId = (id: string) => screen.getByTestId(id);
export const findId = (id: string) => screen.findByTestId(id);
export const noId = (id: string) => screen.queryByTestId(id);
/** The text as it is read, with narrow spaces as spaces. */
export const textOf = (element: Element) => (element.textContent ?? '').replace(/[\u202f\s]+/g, ' ').trim();
