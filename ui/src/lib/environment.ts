// What a database is to its owner, by the word that he has for it. A colour only goes with the word.

export type Tone = 'production' | 'staging' | 'test' | 'local' | 'other';

const WORDS: [Tone, readonly string[]][] = [
  ['production', ['production', 'prod', 'live']],
  ['staging', ['staging', 'stage', 'preview', 'acceptance']],
  ['test', ['test', 'testing', 'ci', 'qa']],
  ['local', ['local', 'dev', 'development']],
];

/** The colour of a tag: that of the first word in it that is known. */
export function toneOf(tag: string): Tone {
  const parts = tag.toLowerCase().split(/[^a-z]+/);
  return WORDS.find(([, words]) => words.some((word) => parts.includes(word)))?.[0] ?? 'other';
}
