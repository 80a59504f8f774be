// How a dump of another program is loaded in a terminal: by Kronos's command line, or by the tools that made it.
import type { DumpForm } from '../bindings/DumpForm';
import type { ForeignLook } from '../bindings/ForeignLook';
import type { SqlDialect } from '../bindings/SqlDialect';
import type { Wrapping } from '../bindings/Wrapping';
import { visible } from './format';

/** As a POSIX shell reads it, whatever stands in it. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const UNPACK: Record<Wrapping, string> = { none: 'cat', gzip: 'gzip -dc', zstd: 'zstd -dc', xz: 'xz -dc', bzip2: 'bzip2 -dc' };

/** Without the place in the log of the old server, which that server itself does not take again. */
const WITHOUT_PLACE = "LC_ALL=C sed -e '/^SET @@GLOBAL.GTID_PURGED=/{' -e ':a' -e '/;$/d' -e N -e ba -e '}'";

function stream({ compression, sets_log_place }: ForeignLook, file: string): string {
  const unpacked = `${UNPACK[compression]} ${file}`;
  return sets_log_place ? `${unpacked} | ${WITHOUT_PLACE}` : unpacked;
}

const SCRIPTS: Record<SqlDialect, ((unpack: string) => string[]) | null> = {
  postgres: (unpack) => ['createdb --template=template0 restored', `${unpack} | psql --no-psqlrc --set=ON_ERROR_STOP=1 --dbname=restored`],
  mysql: (unpack) => ['mysqladmin create restored', `${unpack} | mysql restored`],
  mariadb: (unpack) => ['mariadb-admin create restored', `${unpack} | mariadb restored`],
  // In its safe mode `sqlite3` carries out no command that reaches outside of the database.
  sqlite: (unpack) => [`test ! -e restored.db && ${unpack} | sqlite3 -safe -bail restored.db`],
  unknown: null,
};

function postgres(look: ForeignLook, file: string): string[] {
  const made = 'createdb --template=template0 restored';
  const load = 'pg_restore --exit-on-error --no-owner --dbname=restored';
  return [made, look.compression === 'none' ? `${load} ${file}` : `${stream(look, file)} | ${load}`];
}

/** Without a new name it would load into the databases of the old one. */
function mongodb(look: ForeignLook, file: string): string[] | null {
  if (look.source === null || look.source === '') return null;
  const names = `${quoted(`--nsFrom=${look.source}.*`)} ${quoted(`--nsTo=${look.source}_restored.*`)}`;
  if (look.form === 'mongo_archive') return [`${stream(look, file)} | mongorestore --archive --stopOnError ${names}`];
  // `mongorestore` wants the folder above those of the databases, and says nothing when it finds none.
  const [folder, last] = [look.location.replace(/\/[^/]*$/, ''), look.location.slice(look.location.lastIndexOf('/') + 1)];
  const [above, only] = last === look.source ? [quoted(folder === '' ? '/' : folder), ` ${quoted(`--nsInclude=${look.source}.*`)}`] : [file, ''];
  return [`mongorestore --stopOnError${look.compression === 'gzip' ? ' --gzip' : ''}${only} ${names} ${above}`];
}

const FORMS: Record<DumpForm, (look: ForeignLook, file: string) => string[] | null> = {
  sqlite_file: (look, file) => [
    `test ! -e restored.db && ${look.compression === 'none' ? `sqlite3 ${file} ".backup 'restored.db'"` : `${stream(look, file)} > restored.db`}`,
  ],
  sql_script: (look, file) => (look.dialect === null ? null : (SCRIPTS[look.dialect]?.(stream(look, file)) ?? null)),
  pg_custom: postgres,
  pg_tar: postgres,
  pg_directory: postgres,
  mongo_archive: mongodb,
  mongo_folder: mongodb,
};

/** Whether a terminal could misread a name in it. */
function isOdd(look: ForeignLook): boolean {
  return [look.location, look.source ?? ''].some((name) => name !== visible(name) || /[\n\t]/.test(name));
}

/** The command of Kronos that loads it; it says first what the dump may do. `null` where a terminal could misread a name. */
export function ownCommand(look: ForeignLook): string | null {
  if (isOdd(look) || look.engine === null) return null;
  const target = look.engine === 'sqlite' ? 'restored.db' : 'restored --profile PROFILE';
  return `kronos restore ${quoted(look.location)} --to ${target}`;
}

/** The commands of the tools, one a line; `null` where nothing tells which tool it needs, or where a terminal could misread a name. */
export function commands(look: ForeignLook): string | null {
  if (isOdd(look) || look.own_databases.length > 0) return null;
  return FORMS[look.form](look, quoted(look.location))?.join('\n') ?? null;
}

/** Where the commands would be, if there are none. */
export function whyNone(look: ForeignLook): string {
  const [own, ...others] = look.own_databases;
  if (own !== undefined)
    return `By hand it goes into ${others.length > 0 ? 'the databases that it names itself, such as' : 'the database that it names itself,'} ${visible(own)}, and may drop what is there. So there are no commands here: dump the one database again without its name, or load it on a server that holds nothing else.`;
  if (look.form === 'sql_script' && (look.dialect === 'unknown' || look.dialect === null))
    return 'Nothing in this script tells which database it was made for, so Kronos cannot name the program that loads it.';
  if (look.form.startsWith('mongo') && (look.source === null || look.source === ''))
    return 'It does not name one single database. With `mongorestore` and its options --nsFrom and --nsTo you decide where each one goes.';
  return 'A name in it holds characters that a terminal could misread. Rename the file and drop it again to see the commands.';
}
