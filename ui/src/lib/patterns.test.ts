// Patterns and selections: what a click in a list means for the rules, and what the rules mean for the list.
import { describe, expect, it } from 'vitest';
import type { Selection } from '../bindings/Selection';
import type { ServerDraft } from '../bindings/ServerDraft';
import { emptySelection, emptyServer, isHere, nameFromServer, reachOf, tlsCaution, tlsOf } from './engines';
import { isPattern, literal, matches, matchesObject } from './patterns';
import { candidates, leavesOut, matcher, partOf, rulingPattern, setDatabase, setPart, takesDatabase } from './selection';

const NASTY = ['shop', 'a*b', 'a?b', '[x]', '{a,b}', 'a\\b', 'a.b', 'ü🔑', '-', '^a', '$', 'a|b', '', 'a\nb', '!', ']', '(x)'];
const server = (over: Partial<ServerDraft> = {}, selection: Partial<Selection> = {}): ServerDraft => ({
  ...emptyServer(),
  ...over,
  selection: { ...emptySelection(), ...selection },
});

describe('patterns', () => {
  it.each([
    ['shop_*', 'shop_2026', true],
    ['shop_*', 'shop', false],
    ['*', 'any/thing', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '🔑', true],
    ['{log,tmp}_*', 'tmp_1', true],
    ['{log,tmp}_*', 'shop_1', false],
    ['a,b', 'a,b', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[!a-c]x', 'zx', true],
    ['a.b', 'axb', false],
    ['{', '{', false],
    ['[', '[', true],
  ])('%s and %s: %s', (pattern, name, expected) => expect(matches(pattern, name)).toBe(expected));

  it('for one name match it and no other', () => {
    for (const name of NASTY) {
      expect(NASTY.filter((other) => matches(literal(name), other))).toEqual([name]);
      expect(isPattern(literal(name))).toBe(false);
    }
  });

  it('without a dot mean a table in every schema', () => {
    expect(matchesObject('log_*', 'audit.log_2026')).toBe(true);
    expect(matchesObject('audit.*', 'audit.log')).toBe(true);
    expect(matchesObject('audit.*', 'public.log')).toBe(false);
    expect(matcher('mongodb')('events', 'system.events')).toBe(false);
  });
});

describe('databases', () => {
  it('are all taken until some are named or left out', () => {
    expect(takesDatabase(server(), 'shop')).toBe(true);
    expect(takesDatabase(server({ databases: ['crm'] }), 'shop')).toBe(false);
    expect(takesDatabase(server({}, { exclude_databases: ['s*'] }), 'shop')).toBe(false);
    expect(leavesOut(server({}, { exclude_databases: ['s*'] }), 'shop')).toBe('s*');
  });

  it.each([true, false])('follow every tick, with named ones: %s', (chosen) => {
    for (const name of NASTY.filter(Boolean)) {
      const draft = server(chosen ? { databases: ['other', 'another_*'] } : {});
      const before = takesDatabase(draft, name);
      setDatabase(draft, name, true, chosen);
      expect(takesDatabase(draft, name)).toBe(true);
      setDatabase(draft, name, false, chosen);
      expect(takesDatabase(draft, name)).toBe(false);
      setDatabase(draft, name, true, chosen);
      expect(takesDatabase(draft, name)).toBe(true);
      expect(before).toBe(!chosen);
    }
  });

  it('that a pattern takes are left out by name', () => {
    const draft = server({ databases: ['shop_*'] });
    setDatabase(draft, 'shop_1', false, true);
    expect(draft.databases).toEqual(['shop_*']);
    expect(draft.selection.exclude_databases).toEqual(['shop_1']);
  });
});

describe('tables', () => {
  it('follow every choice', () => {
    const match = matcher('postgres');
    for (const name of ['public.orders', 'public.a*b', 'Weird "name".x y']) {
      for (const tables of [[], ['public.*'], ['other']]) {
        const selection = { ...emptySelection(), tables };
        for (const part of ['none', 'structure', 'all', 'structure', 'none', 'all'] as const) {
          setPart(selection, name, part, match);
          expect(partOf(selection, name, match)).toBe(part);
        }
      }
    }
  });

  it('leave no empty list of named ones behind, which would mean all', () => {
    const selection = { ...emptySelection(), tables: ['orders'] };
    setPart(selection, 'orders', 'none', matches);
    expect(partOf(selection, 'orders', matches)).toBe('none');
    expect(partOf(selection, 'customers', matches)).toBe('none');
  });

  it('that a pattern decides over name it', () => {
    const selection = { ...emptySelection(), exclude_tables: ['log_*'], structure_only: ['cache_?'] };
    expect(rulingPattern(selection, 'log_1', matches)).toBe('log_*');
    expect(rulingPattern(selection, 'cache_1', matches)).toBe('cache_?');
    expect(rulingPattern(selection, 'orders', matches)).toBeUndefined();
  });

  it('of the same name in several databases are one line, the largest first', () => {
    const database = (name: string, size: number) => ({
      name,
      size,
      tables: 1,
      properties: {},
      objects: [{ name: 'a', size: 1, rows: 1 }, { name: 'orders', size, rows: name === 'crm' ? null : 5 }],
    });
    const found = candidates([database('shop', 10), database('crm', 20), database('old', 99)], server({}, { exclude_databases: ['old'] }));
    expect(found).toEqual([
      { name: 'orders', size: 30, rows: null, databases: 2 },
      { name: 'a', size: 2, rows: 2, databases: 2 },
    ]);
  });
});

describe('a connection', () => {
  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.8.0.1', true],
    ['::1', true],
    ['/run/mysqld/mysqld.sock', true],
    ['', true],
    ['127.evil.example', false],
    ['db.example.org', false],
    ['10.0.0.7', false],
  ])('to %s stays on this computer: %s', (host, here) => {
    expect(isHere(server({ host }))).toBe(here);
    expect(tlsOf(server({ host }))).toBe(here ? 'prefer' : 'verify');
    expect(tlsCaution(server({ host, tls: 'off' }))?.includes('plain text') ?? null).toBe(here ? null : true);
  });

  it('without verification is called so, whatever else it is', () => {
    const remote = { host: 'db.example.org' };
    expect(tlsCaution(server(remote))).toBeNull();
    expect(tlsCaution(server({ ...remote, tls: 'verify' }))).toBeNull();
    expect(tlsCaution(server({ ...remote, tls: 'require' }))).toContain('nobody checks');
    expect(tlsCaution(server({ ...remote, tls: 'prefer' }))).toContain('may be in plain text');
    expect(tlsCaution(server({ host: '', container: 'db', tls: 'off' }))).toBeNull();
  });

  it('shows the fields of its way, and gives the profile a name', () => {
    expect(reachOf(server({ container: 'db' }))).toBe('container');
    expect(reachOf(server({ host: '/run/postgresql' }))).toBe('socket');
    expect(reachOf(server())).toBe('host');
    expect(nameFromServer('postgres', server({ databases: ['shop'] }))).toBe('shop');
    expect(nameFromServer('postgres', server({ databases: ['shop_*'] }))).toBe('postgres');
    expect(nameFromServer('mysql', server({ container: 'shop-db' }))).toBe('shop-db');
    expect(nameFromServer('mysql', server({ host: 'db.example.org' }))).toBe('db');
  });
});
