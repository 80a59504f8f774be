// What stands in the form of one database, and what was said about it. The views of the editor share it.
import type { EngineKind } from '../bindings/EngineKind';
import type { ErrorReport } from '../bindings/ErrorReport';
import type { PasswordDraft } from '../bindings/PasswordDraft';
import type { Probe } from '../bindings/Probe';
import type { ProfileDraft } from '../bindings/ProfileDraft';
import type { ProfileView } from '../bindings/ProfileView';
import type { ServerDraft } from '../bindings/ServerDraft';
import { api } from './api';
import { emptySelection, emptyServer, isHere, nameFromServer, onServer, reachOf, type Reach } from './engines';
import { EnvironmentForm } from './environment_form.svelte';
import { toReport } from './errors';
import { freeName, nameFromPath } from './format';
import { check, FIELDS, REFERENCE, referenceOf, type Tab } from './profile_fields';


export class ProfileForm {
  readonly original: string | null;
  /** Where the saved password is; `null` where there is none. */
  readonly savedPlace: string | null;
  engine = $state<EngineKind>('sqlite');
  name = $state('');
  paths = $state<string[]>(['']);
  storage = $state('');
  readonly environment = new EnvironmentForm(() => this.onServer && !isHere(this.serverDraft()));
  server = $state<ServerDraft>(emptyServer());
  reach = $state<Reach>('host');
  socket = $state('');
  port = $state('');
  passwordFrom = $state<PasswordDraft['from']>('none');
  typed = $state('');
  reference = $state('');
  /** Only named databases are taken; with none named yet, that is still to be said. */
  chosen = $state(false);
  tab = $state<Tab>('connection');

  problems = $state.raw<Record<string, string>>({});
  probe = $state.raw<Probe | null>(null);
  error = $state.raw<ErrorReport | null>(null);
  /** Everything on the server, for the lists; `null` until it was looked at. */
  found = $state.raw<Probe | null>(null);
  unseen = $state.raw<ErrorReport | null>(null);
  looking = $state(false);

  #named: boolean;
  #taken: () => string[];
  #question = 0;

  constructor(profile: ProfileView | null, engine: EngineKind, taken: () => string[]) {
    this.#taken = taken;
    this.original = profile?.name ?? null;
    this.#named = profile !== null;
    const draft = profile?.draft;
    const server = draft?.server;
    this.savedPlace = server?.password.from === 'saved' ? server.password.place : null;
    this.engine = draft?.engine ?? engine;
    if (draft === undefined) return;
    this.name = draft.name;
    this.paths = draft.paths.length === 0 ? [''] : [...draft.paths];
    this.storage = draft.storage ?? '';
    this.environment.fill(draft);
    if (server) this.#fill(structuredClone(server));
  }

  get onServer(): boolean {
    return onServer(this.engine);
  }

  #fill(server: ServerDraft): void {
    this.reach = reachOf(server);
    this.socket = this.reach === 'socket' ? server.host : '';
    this.port = server.port === null ? '' : String(server.port);
    this.#fillPassword(server.password);
    this.chosen = server.databases.length > 0;
    this.server = { ...server, password: { from: 'none' }, host: this.reach === 'host' ? server.host : '' };
  }

  #fillPassword(password: PasswordDraft): void {
    this.passwordFrom = password.from;
    this.typed = password.from === 'typed' ? password.text : '';
    this.reference = referenceOf(password);
  }

  #password(): PasswordDraft {
    const from = this.passwordFrom;
    if (from === 'none') return { from };
    if (from === 'saved') return { from, place: this.savedPlace ?? '' };
    if (from === 'typed') return { from, text: this.typed };
    return { from, [REFERENCE[from]]: this.reference.trim() } as PasswordDraft;
  }

  /** The connection as the engine takes it. */
  serverDraft(): ServerDraft {
    const server = $state.snapshot(this.server) as ServerDraft;
    const host = { host: server.host.trim(), socket: this.socket.trim(), container: '' }[this.reach];
    return {
      ...server,
      host,
      container: this.reach === 'container' ? server.container.trim() : '',
      port: this.port.trim() === '' ? null : Number(this.port.trim()),
      user: server.user.trim(),
      password: this.#password(),
      ca_file: server.ca_file.trim(),
      tools: server.tools.trim(),
      auth_database: this.engine === 'mongodb' ? server.auth_database.trim() : '',
      databases: this.chosen ? server.databases : [],
      lock_tables: this.engine === 'mysql' && server.lock_tables,
    };
  }

  draft(): ProfileDraft {
    const paths = this.onServer ? [] : this.paths.map((path) => path.trim()).filter((path) => path !== '');
    const server = this.onServer ? this.serverDraft() : null;
    const storage = this.storage === '' ? null : this.storage;
    return { name: this.name.trim(), engine: this.engine, paths, server, storage, ...this.environment.draft() };
  }

  /** What was said about the form is not true any more once it changes. */
  changed(): void {
    this.#question += 1;
    this.probe = null;
    this.error = null;
    this.problems = {};
    this.#propose();
  }

  /** Another connection: what was seen on the server may not be there. */
  reconnected(): void {
    this.found = null;
    this.unseen = null;
    this.looking = false;
    this.changed();
  }

  choose(engine: EngineKind): void {
    this.engine = engine;
    this.tab = 'connection';
    this.server = { ...this.server, selection: emptySelection(), databases: [] };
    this.chosen = false;
    this.reconnected();
  }

  nameTyped(): void {
    this.#named = true;
    this.problems = {};
  }

  #propose(): void {
    if (this.#named) return;
    const wanted = this.onServer
      ? nameFromServer(this.engine, this.serverDraft())
      : this.paths[0]?.trim() ? nameFromPath(this.paths[0]) : '';
    this.name = wanted === '' ? '' : freeName(wanted, this.#taken());
  }

  /** Fills the form from a connection URL; what the URL does not say stays. Returns what to know about it. */
  async paste(url: string): Promise<string[]> {
    const { engine, server, warnings } = await api.connectionParseUrl(url);
    const { password, databases } = server;
    const { selection, globals, lock_tables, jobs, tools } = $state.snapshot(this.server) as ServerDraft;
    const [from, typed, reference] = [this.passwordFrom, this.typed, this.reference];
    if (engine !== this.engine) this.choose(engine);
    this.#fill({ ...server, selection: { ...selection }, globals, lock_tables, jobs, tools: server.tools || tools, databases });
    if (password.from === 'none') [this.passwordFrom, this.typed, this.reference] = [from, typed, reference];
    this.reconnected();
    return warnings;
  }

  #check(forSaving: boolean): Record<string, string> {
    const { reach, passwordFrom, reference, chosen, original } = this;
    const problems = check(this.draft(), { reach, chosen, referenced: passwordFrom in REFERENCE, reference });
    const { name } = this.draft();
    if (forSaving && name === '') problems.name = 'Give it a name.';
    else if (forSaving && name !== original && this.#taken().includes(name)) problems.name = 'Another database has this name.';
    return problems;
  }

  /** True when nothing is missing for a look at the server. */
  get reachable(): boolean {
    const { databases: _, ...problems } = this.#check(false);
    return Object.keys(problems).length === 0;
  }

  problemIn(tab: Tab): boolean {
    return Object.keys(this.problems).some((field) => FIELDS[field]?.tab === tab);
  }

  /** Says what is missing. Returns the place of the first field to correct. */
  incomplete(forSaving: boolean): string | null {
    return this.#show(this.#check(forSaving));
  }

  #show(problems: Record<string, string>): string | null {
    this.problems = problems;
    const field = FIELDS[Object.keys(problems)[0] ?? ''];
    if (field === undefined) return null;
    if (this.onServer) this.tab = field.tab ?? this.tab;
    return field.testid;
  }

  /** Shows why something was refused: beside its field where it has one. Returns that field's place. */
  refused(reason: unknown): string | null {
    const report = toReport(reason);
    if (report.field !== undefined && report.field in FIELDS) return this.#show({ [report.field]: report.why });
    this.error = report;
    return null;
  }

  async test(): Promise<void> {
    const mine = ++this.#question;
    const probe = await api.profileProbe(this.original, this.draft());
    if (mine === this.#question) this.probe = probe;
  }

  save(): Promise<void> {
    return api.profileSave(this.original, this.draft());
  }

  /** Looks at everything on the server, whatever the form takes of it. */
  async look(): Promise<void> {
    if (this.looking || !this.reachable) return;
    this.looking = true;
    this.unseen = null;
    const asked = this.draft();
    if (asked.server !== null) asked.server = { ...asked.server, databases: [], selection: emptySelection() };
    const connection = this.#connection();
    try {
      const found = await api.profileProbe(this.original, asked);
      if (connection === this.#connection()) this.found = found;
    } catch (reason) {
      if (connection === this.#connection()) this.unseen = toReport(reason);
    } finally {
      if (connection === this.#connection()) this.looking = false;
    }
  }

  #connection(): string {
    const { databases: _, selection: __, globals: ___, lock_tables: ____, ...rest } = this.serverDraft();
    return JSON.stringify([this.engine, rest]);
  }

  /** Lets go of what was typed as a password. */
  forget(): void {
    this.typed = '';
    this.#question += 1;
  }
}
