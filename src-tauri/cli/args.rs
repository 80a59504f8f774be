//! The words and options of the command line.
//!
//! Owns declarations and help texts only; nothing here looks at the disk.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use kronos_engine::browse::DEFAULT_ROWS;

/// Back up, verify and restore your databases
#[derive(Debug, Parser)]
#[command(name = "kronos", version, after_long_help = EXAMPLES, after_help = SEE_HELP)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command, before or after its name.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// Configuration file; otherwise `./config.toml`, then the one of the desktop app
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON object per line on stdout
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on stderr; `-vv` says everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Back up profiles, or all of them
    #[command(after_long_help = BACKUP_EXAMPLES)]
    Backup {
        /// Profiles of the configuration; all when none is named
        #[arg(value_name = "PROFILE")]
        profiles: Vec<String>,
    },
    /// List the backups, newest first
    List {
        /// Only the backups of this profile
        profile: Option<String>,
    },
    /// Show what is in a backup, or in a dump that another program made
    #[command(after_long_help = INSPECT_EXAMPLES)]
    Inspect {
        /// A file or a dump folder, or an id from `kronos list` (its beginning is enough)
        #[arg(value_name = "ARCHIVE_OR_ID")]
        archive: OsString,
        #[command(flatten)]
        rows: RowsArgs,
    },
    /// Compare two backups, or a backup with its live database
    #[command(after_long_help = DIFF_EXAMPLES)]
    Diff {
        /// An archive file, or an id from `kronos list` (its beginning is enough)
        #[arg(value_name = "ARCHIVE_OR_ID")]
        before: OsString,
        /// The archive that it is compared with
        #[arg(value_name = "ARCHIVE_OR_ID", required_unless_present = "live")]
        after: Option<OsString>,
        /// Compare with the live database of this profile; without a name, of the backup's own one
        #[arg(long, value_name = "PROFILE", num_args = 0..=1, conflicts_with = "after")]
        #[arg(default_missing_value = "")]
        live: Option<String>,
    },
    /// Read backups to their end and compare every hash
    #[command(after_long_help = VERIFY_EXAMPLES)]
    Verify {
        /// Archive files, or ids from `kronos list` (their beginnings are enough)
        #[arg(value_name = "ARCHIVE_OR_ID", required = true)]
        archives: Vec<OsString>,
    },
    /// Restore the newest backup of each profile to a scratch place, as a test
    #[command(after_long_help = TEST_EXAMPLES)]
    Test {
        /// Only this profile
        profile: Option<String>,
    },
    /// Restore a database into a new file or a new database; or, with --replace, in place of one
    #[command(after_long_help = RESTORE_EXAMPLES)]
    Restore {
        /// An archive file, a dump of another program, or an id from `kronos list` (its beginning is enough)
        #[arg(value_name = "ARCHIVE_OR_ID")]
        archive: OsString,
        /// The file to make, or on a server the name of the database; without --replace it must not
        /// exist yet
        #[arg(long, value_name = "NAME", required_unless_present = "scratch")]
        to: Option<OsString>,
        /// Restore to a scratch place, which Kronos names itself and removes after a day
        #[arg(long, conflicts_with_all = ["to", "replace"])]
        scratch: bool,
        /// Only these tables or collections, with what hangs on them: names or patterns such as 'log_*'
        #[arg(long, value_name = "TABLES", value_delimiter = ',')]
        tables: Vec<String>,
        /// The database in the archive, when it holds more than one
        #[arg(long, value_name = "NAME")]
        database: Option<String>,
        /// The profile whose server takes the database, when it is not the backup's own one
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        #[command(flatten)]
        replace: Replace,
        #[command(flatten)]
        consent: Consent,
    },
    /// Undo a restore that replaced something, within 7 days
    #[command(after_long_help = UNDO_EXAMPLES)]
    Undo {
        /// The run of that restore; otherwise the last one that replaced something
        run: Option<String>,
        /// End the connections of other programs to the database
        #[arg(long)]
        disconnect: bool,
        /// Undo nothing; remove the safety backups that are older than 7 days
        #[arg(long, conflicts_with_all = ["run", "disconnect"])]
        clean: bool,
    },
    /// Check the configuration file, or say which one is used
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look for problems before they matter
    #[command(after_long_help = DOCTOR_EXAMPLES)]
    Doctor {
        /// Put every promise of this storage to the test, with small files that are removed again
        #[arg(long, value_name = "NAME")]
        storage: Option<String>,
    },
    /// Print the completions of a shell
    #[command(after_long_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Which rows `inspect` shows.
#[derive(Debug, clap::Args)]
pub struct RowsArgs {
    /// Show the first rows of this table or collection, without restoring anything
    #[arg(long, value_name = "TABLE")]
    pub rows: Option<String>,
    /// The database in the archive, when it holds more than one
    #[arg(long, value_name = "NAME", requires = "rows")]
    pub database: Option<String>,
    /// How many rows at most
    #[arg(long, value_name = "N", requires = "rows", default_value_t = DEFAULT_ROWS as u64)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,
}

/// What it takes to replace something. Without `--confirm` nothing happens but a look.
#[derive(Debug, clap::Args)]
pub struct Replace {
    /// Replace the file or database that is there; it is backed up first
    #[arg(long = "replace", id = "replace")]
    pub wanted: bool,
    /// Its name, as a consent; without it, what would be replaced is only shown
    #[arg(long, value_name = "NAME", requires = "replace")]
    pub confirm: Option<String>,
    /// End the connections of other programs to it
    #[arg(long, requires = "replace")]
    pub disconnect: bool,
    /// Make no safety backup, so that there is no undo; needs another --confirm
    #[arg(long, requires = "replace")]
    pub no_safety_backup: bool,
}

/// What it takes to load a dump that another program has made.
#[derive(Debug, clap::Args)]
pub struct Consent {
    /// Load a dump of another program although it is code: what stands in it is run
    #[arg(long)]
    pub run_its_code: bool,
    /// Run it with the rights of a superuser, which reach the server's whole computer
    #[arg(long, requires = "run_its_code")]
    pub as_superuser: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Read the configuration file and list every problem with its line
    Check,
    /// Print the path of the configuration file in use
    Path,
}

const SEE_HELP: &str = "`kronos --help` shows examples and exit codes.";

const EXAMPLES: &str = "\
Examples:
  kronos backup                                back up every profile of the configuration
  kronos backup shop --config config.toml      back up one profile
  kronos list                                  see the backups
  kronos verify shop_20261122                  prove that a backup can be read
  kronos restore shop_20261122 --to shop.db    get the data back, as a new file

Exit codes:
  0    success
  1    failed
  2    usage or configuration
  3    finished with warnings
  4    verification failed: a backup is damaged or missing
  5    busy: a backup or a restore of that profile is under way
  6    some profiles failed, others succeeded
  7    `kronos diff` found differences
  130  cancelled with Ctrl-C; nothing half done is left";

const BACKUP_EXAMPLES: &str = "\
Examples:
  kronos backup
  kronos backup shop blog
  kronos backup --config /srv/app/config.toml --json

One failing profile never stops the others.";

const INSPECT_EXAMPLES: &str = "\
Examples:
  kronos inspect shop_20261122T135401.250Z_k3v9x0
  kronos inspect ~/Downloads/shop_20261122T135401.250Z_k3v9x0.tar.gz
  kronos inspect ~/Downloads/shop.sql.zst
  kronos inspect shop_20261122 --rows orders --limit 20

A Kronos archive is read to its end and checked, so a large one takes a while. Of a dump that another program
made (PostgreSQL, MySQL, MariaDB, MongoDB, SQLite; gzip, Zstandard, xz or bzip2 around it) the beginning is
looked at, and nothing in it is run. `--rows` reads a Kronos archive no further than it has to.";

const DIFF_EXAMPLES: &str = "\
Examples:
  kronos diff shop_20261121 shop_20261122
  kronos diff old.tar.gz new.tar.gz --json
  kronos diff shop_20261122 --live

Exit code 0: no difference was found. Exit code 7: there are differences. Rows are compared
by their number, definitions word by word. Row counts of a live server are estimates; they
are shown and never count as a difference.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  kronos verify shop_20261122T135401.250Z_k3v9x0
  kronos verify /srv/backups/*.tar.gz";

const TEST_EXAMPLES: &str = "\
Examples:
  kronos test
  kronos test shop --json

The newest good backup is restored as any other, to a database of its own beside yours or to a file of Kronos.
Every table is counted and compared with the backup; then it is removed again, also when the test is killed.
The result stands beside the archive, and `kronos list` shows it. After 30 days it is called old.
Exit code 4: a backup did not pass.";

const RESTORE_EXAMPLES: &str = "\
Examples:
  kronos restore shop_20261122T135401.250Z_k3v9x0 --to shop_restored.db
  kronos restore backup.tar.gz --database sessions.db --to sessions.db
  kronos restore shop_20261122 --to some.db --tables orders,'log_*'        only these tables
  kronos restore shop_20261122 --scratch                                   look into it for a day
  kronos restore shop_20261122 --to shop.db --replace                      look what would be replaced
  kronos restore shop_20261122 --to shop.db --replace --confirm shop.db    replace it
  kronos restore shop.sql.zst --to shop_new --profile shop                 see what a dump would do
  kronos restore shop.sql.zst --to shop_new --profile shop --run-its-code  load it into a new database

What is replaced is backed up first, and `kronos undo` brings it back for 7 days. It is also kept as it was,
beside the new one, for a day.";

const UNDO_EXAMPLES: &str = "\
Examples:
  kronos undo
  kronos undo 20261122T135401.250_k3v9x0
  kronos undo --clean

An undo is a restore that replaces: what is there now is backed up first, so an undo can be undone.";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  kronos doctor
  kronos doctor --storage default";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  kronos completions bash > ~/.local/share/bash-completion/completions/kronos
  kronos completions zsh > ~/.zfunc/_kronos
  kronos completions fish > ~/.config/fish/completions/kronos.fish";
