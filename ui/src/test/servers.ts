// The window over invented servers, and what its editor has sent.
import type { ProfileDraft } from '../bindings/ProfileDraft';
import type { ServerDraft } from '../bindings/ServerDraft';
import type { Answers } from '../dev/fake';
import { report } from '../dev/fixtures';
import { SERVER_SCENES, serverState } from '../dev/server_scenes';
import { open, type Opened } from './window';

export const atServers = (hash: string, answers: Answers = {}) =>
  open(hash, serverState(), { ...SERVER_SCENES.servers?.answers, ...answers }, SERVER_SCENES.servers?.backups?.());

export const saved = ({ fake }: Opened) => fake.of('profile_save')[0] as { original: string | null; draft: ProfileDraft };
export const server = (opened: Opened) => saved(opened).draft.server as ServerDraft;

export const refuse = (over = {}) => () => Promise.reject(report(over) as never);
