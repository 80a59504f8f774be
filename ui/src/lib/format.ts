// Numbers, sizes, durations and instants in words, by the same rules as the engine's `units`.

/** A name or a path as it may be shown: marks that would turn the text around or hide it are made visible. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- that is what it is for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}

/** Where a path or a command may wrap: after each slash, and around white space, which is a piece of its own. */
export function pieces(text: string): string[] {
  return text.match(/\s+|[^\s/\\]*[/\\]+|[^\s/\\]+/g) ?? [];
}

const NARROW = '\u202f';
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A byte count in decimal units: `3.1 MB`, `184 MB`. */
export function bytes(count: number): string {
  let value = count;
  let step = 0;
  while (value >= 999.5 && step + 1 < UNITS.length) {
    value /= 1000;
    step += 1;
  }
  const digits = step === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1);
  return `${digits}${NARROW}${UNITS[step] ?? ''}`;
}

/** "412 MB of 1.1 GB", or only what is done when the total is unknown. */
export function bytesOf(done: number, total: number | null): string {
  return total === null ? bytes(done) : `${bytes(Math.min(done, total))} of ${bytes(total)}`;
}

/** A whole number with narrow groups: `1 204 331`. */
export function count(value: number): string {
  return Math.trunc(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, NARROW);
}

/** A large number in short: `1.2 M`. Below ten thousand it is exact. */
export function countShort(value: number): string {
  if (value < 10_000) return count(value);
  const steps: [number, string][] = [[1e9, 'bn'], [1e6, 'M'], [1e3, 'k']];
  for (const [size, unit] of steps) {
    if (value >= size * 0.9995) {
      const scaled = value / size;
      return `${scaled >= 9.95 ? scaled.toFixed(0) : scaled.toFixed(1)}${NARROW}${unit}`;
    }
  }
  return count(value);
}

/** "1 table", "42 tables". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** How long something took: `<1 s`, `9 s`, `4 min 5 s`, `2 h 3 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `<1${NARROW}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${NARROW}s`;
  if (whole < 3600) {
    const rest = whole % 60;
    const minutes = `${Math.floor(whole / 60)}${NARROW}min`;
    return rest === 0 ? minutes : `${minutes} ${rest}${NARROW}s`;
  }
  const rest = Math.floor((whole % 3600) / 60);
  const hours = `${Math.floor(whole / 3600)}${NARROW}h`;
  return rest === 0 ? hours : `${hours} ${rest}${NARROW}min`;
}

/** A careful estimate: `a few seconds left`, `about 20 s left`, `about 4 min left`, `over 1 h left`. */
export function timeLeft(seconds: number): string {
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 58) return `about ${Math.ceil(seconds / 5) * 5}${NARROW}s left`;
  if (seconds < 3570) return `about ${Math.max(1, Math.round(seconds / 60))}${NARROW}min left`;
  const hours = Math.floor(seconds / 3600);
  return `over ${Math.max(1, hours)}${NARROW}h left`;
}

const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const timeSeconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `22 Nov 2026, 13:54:01` in local time. */
export function exact(iso: string): string {
  const instant = new Date(iso);
  return Number.isNaN(instant.getTime()) ? iso : `${date.format(instant)}, ${timeSeconds.format(instant)}`;
}

/** `13:54:01` in local time. */
export function clockSeconds(iso: string): string {
  const instant = new Date(iso);
  return Number.isNaN(instant.getTime()) ? iso : timeSeconds.format(instant);
}

/** `13:54` in local time. */
export function clock(iso: string): string {
  const instant = new Date(iso);
  return Number.isNaN(instant.getTime()) ? iso : time.format(instant);
}

const SHORT = { minute: 'min', hour: 'h', day: 'd' } as const;
type Unit = keyof typeof SHORT;

function ago(value: number, unit: Unit, long: boolean): string {
  return long ? `${value} ${unit}${value === 1 ? '' : 's'} ago` : `${value}${NARROW}${SHORT[unit]} ago`;
}

/** Relative up to seven days (`6 min ago`; long: `6 minutes ago`), then the date and time. */
export function relative(iso: string, now: number, long = false): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const seconds = (now - instant.getTime()) / 1000;
  if (seconds < -60 || seconds >= 7 * 86_400) return `${date.format(instant)} ${time.format(instant)}`;
  if (seconds < 45) return 'just now';
  if (seconds < 3570) return ago(Math.max(1, Math.round(seconds / 60)), 'minute', long);
  if (seconds < 23.5 * 3600) return ago(Math.max(1, Math.round(seconds / 3600)), 'hour', long);
  return ago(Math.max(1, Math.round(seconds / 86_400)), 'day', long);
}

/** The heading of a group of backups: `Today`, `Yesterday`, `22 November 2026`. */
export function day(iso: string, now: number): string {
  const midnight = (value: Date) => new Date(value.getFullYear(), value.getMonth(), value.getDate()).getTime();
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const days = Math.round((midnight(new Date(now)) - midnight(instant)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' }).format(instant);
}

/** Seconds between two instants. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (new Date(to).getTime() - new Date(from).getTime()) / 1000);
}

/** The name that a new database gets from its file: `/srv/shop.db` becomes `shop`. */
export function nameFromPath(path: string): string {
  const file = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const stem = file.replace(/\.(db|sqlite|sqlite3|db3|sdb|s3db)$/i, '').trim();
  return stem === '' || stem === '~' ? 'database' : stem;
}

/** `name`, or `name-2`, `name-3`, … when it is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}
