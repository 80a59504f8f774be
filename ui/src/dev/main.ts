// The development page: the real window over the fake engine, in a scene chosen by `?scene=`.
import { mount } from 'svelte';
import App from '../App.svelte';
import '../styles/tokens.css';
import '../styles/base.css';
import { fakeEngine } from './fake';
import { SCENES } from './scenes';

const query = new URLSearchParams(location.search);
const scene = SCENES[query.get('scene') ?? 'full'] ?? SCENES.full;
if (scene === undefined) throw new Error('there is no such scene');
const appearance = query.get('appearance');
const state = scene.state();
if (appearance === 'light' || appearance === 'dark') state.settings = { ...state.settings, appearance };
const fake = fakeEngine(state, scene.answers, scene.backups?.());
const target = document.getElementById('app');
if (target !== null) mount(App, { target });
if (scene.later) setTimeout(() => scene.later?.(fake), 100);
