// Names from a stranger's file stay names: a hundred payloads through every view of a file, and nothing comes of them.
import { screen, waitFor } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { FileInside } from '../bindings/FileInside';
import { encryptedInside, fileInside, foreignInside, openedFile, refusedInside } from '../dev/files';
import { backup, details, ended, fullState, profile, report } from '../dev/fixtures';
import { expectOnlyText, harm } from './harm';
import { PAYLOADS } from './payloads';
import { findId, open, type Opened } from './window';

const objects = (text: string) => [text, `${text}2`].map((name) => ({ kind: 'table' as const, name, rows: 1 }));
const units = (text: string) =>
  [text, `${text}2`].map((name) => ({ ...(details().units[0] as FileUnit), name, source: name, objects: objects(text), left_out: [{ name, what: 'everything' as const }] }));
type FileUnit = ReturnType<typeof details>['units'][0];

/** Every view, with the payload wherever the file, not the program, chooses the words. */
const VIEWS: Record<string, (text: string) => FileInside> = {
  archive: (text) => ({
    ...fileInside({
      file: openedFile({ name: text }),
      look: { profile: text, location: `/tmp/${text}`, kronos_version: text, server: { version: text, tool: text, tool_place: text, identity: text }, consistency: { label: text, snapshot: true }, warnings: [text], units: units(text) },
      places: { suggested_targets: [`/tmp/${text}`] },
    }),
  }),
  server: (text) => fileInside({ file: openedFile({ name: text }), look: { engine: 'postgres', profile: text, units: units(text) }, places: { on_server: true, suggested_targets: [text], restore_profiles: [text, `${text}2`] } }),
  foreign: (text) => ({ ...foreignInside({ location: `/tmp/${text}`, form_label: text, source: text, host: text, made_at: text, server: text, tool: text, engine_label: text, objects: objects(text), findings: [{ level: 'warning', sentence: text }] }), file: openedFile({ name: text }) }),
  damaged: (text) => ({ ...refusedInside('damaged', { location: text, sentence: text, next_step: text }), file: openedFile({ name: text }) }),
  unknown: (text) => ({ ...refusedInside('unknown', { location: text, sentence: text, next_step: text }), file: openedFile({ name: text }) }),
  encrypted: (text) => encryptedInside({ location: text, how: text, sentence: text, next_step: text }),
};

const WAIT: Record<string, string> = { archive: 'restore-form', server: 'restore-form', foreign: 'foreign-file', damaged: 'refused-file', unknown: 'refused-file', encrypted: 'refused-file' };

describe('a hundred payloads', () => {
  it('would be found out if one came to life', () => {
    for (const html of ['<img src=x>', '<p onclick="x()">a</p>', '<a href="https://example.org">a</a>', '<script></script>', '<p>a\u202eb</p>']) {
      document.body.innerHTML = html;
      expect(harm(), html).not.toEqual([]);
    }
    document.body.innerHTML = '';
  });

  it('are a hundred', () => {
    expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(100);
  });

  it.each(Object.keys(VIEWS))('stay text in the view of a file: %s', async (view) => {
    const hacked = vi.fn();
    Object.assign(window, { hacked });
    const { fake } = await open('#/home', fullState());
    const make = VIEWS[view];
    if (make === undefined) throw new Error('no view');
    for (const [index, text] of PAYLOADS.entries()) {
      fake.answers.file_look = () => make(text);
      fake.news({ news: 'over', count: 1, name: text });
      await findId('drop-overlay');
      expectOnlyText();
      fake.news({ news: 'opened', file: openedFile({ id: `${index}`, name: text }) });
      await waitFor(() => expect(fake.of('file_look')).toHaveLength(index + 1));
      await findId(WAIT[view] ?? '');
      expectOnlyText();
    }
    expect(hacked).not.toHaveBeenCalled();
  }, 240_000);

  it('stay text on the Restore page: backups, restores, errors', async () => {
    const hacked = vi.fn();
    Object.assign(window, { hacked });
    const rows = PAYLOADS.map((name, index) => backup({ id: `b${index}`, profile: name, storage: name }));
    const done = (text: string, index: number) =>
      index % 2 === 0
        ? ended({ id: `r${index}`, kind: 'restore', profile: text, result: { kind: 'restore', backup: 'b', target: `/tmp/${text}`, bytes: 1, tables: 1, rows: 1, warnings: [text] } })
        : ended({ id: `r${index}`, kind: 'restore', profile: text, state: 'failed', error: report({ what: text, why: text, next_step: text, details: text }) });
    const { fake }: Opened = await open('#/restore', fullState({ profiles: PAYLOADS.map((name) => profile({ name })) }), {}, rows);
    await findId('recent-backups');
    expectOnlyText();
    for (const [index, text] of PAYLOADS.entries()) {
      fake.set({ recent_runs: [done(text, index), done(text, index + 1_001)] });
      await screen.findByTestId('restore-result');
      expectOnlyText();
    }
    expect(hacked).not.toHaveBeenCalled();
  }, 120_000);
});
