//! The arguments of the tools, each with its reason.
//!
//! Owns these lists; `docs/engines.md` repeats the reasons for people.

use std::ffi::OsString;

use super::super::tool::Tool;
use super::flavour::{Flavour, ServerVersion, maker_of_tool};
use super::scope::Expected;

/// For both directions: every character survives, and so does a row of up to a gigabyte.
const COMMON: [&str; 2] = ["--default-character-set=utf8mb4", "--max-allowed-packet=1G"];

/// The calls, one after the other, whose output together is the dump of `database`.
pub(super) fn dump_calls(
    tool: &Tool,
    server: ServerVersion,
    database: &str,
    expected: &Expected,
    lock_tables: bool,
) -> Vec<Vec<OsString>> {
    let maker = maker_of_tool(&tool.version_line);
    let base = base(tool, server, expected, lock_tables);
    let table = |option: &str, name: &str| format!("--{option}={database}.{name}");
    let mut main = base.clone();
    main.extend(["--routines", "--events"].map(str::to_owned));
    main.extend(expected.left_out.iter().map(|name| table("ignore-table", name)));
    let mut calls = Vec::new();
    if maker == Flavour::MariaDb {
        let rows = expected.structure_only.iter();
        main.extend(rows.map(|name| table("ignore-table-data", name)));
    } else if !expected.structure_only.is_empty() {
        // This tool cannot leave out rows only. Their structure comes first: views need it.
        let mut structure = base;
        structure.extend(["--no-data", "--", database].map(str::to_owned));
        structure.extend(expected.structure_only.iter().cloned());
        calls.push(structure);
        let names = expected.structure_only.iter();
        main.extend(names.map(|name| table("ignore-table", name)));
    }
    main.extend(["--", database].map(str::to_owned));
    calls.push(main);
    calls.into_iter().map(|call| call.into_iter().map(OsString::from).collect()).collect()
}

fn base(tool: &Tool, server: ServerVersion, expected: &Expected, lock_tables: bool) -> Vec<String> {
    let mut arguments: Vec<&str> = COMMON.to_vec();
    arguments.extend([
        "--quick",
        "--triggers",
        "--hex-blob",
        "--tz-utc",
        "--set-charset",
        "--no-tablespaces",
    ]);
    if lock_tables {
        arguments.push("--lock-all-tables");
    } else {
        arguments.extend(["--single-transaction", "--skip-lock-tables"]);
    }
    let is_versioned = expected.tables().any(|table| table.versioned);
    match maker_of_tool(&tool.version_line) {
        Flavour::MariaDb if is_versioned && keeps_history(tool, server) => {
            arguments.push("--dump-history");
        }
        Flavour::MariaDb => {}
        Flavour::MySql => {
            arguments.push("--set-gtid-purged=OFF");
            if tool.version.major >= 8 {
                arguments.push("--column-statistics=0");
            }
        }
    }
    arguments.into_iter().map(str::to_owned).collect()
}

/// Whether old versions of rows can be taken along.
pub(super) fn keeps_history(tool: &Tool, server: ServerVersion) -> bool {
    let tool = (tool.version.major, tool.version.minor);
    server.is_mariadb_from(10, 11) && tool >= (10, 11)
}

/// The arguments of the client that loads a dump into `database`.
pub(super) fn load(tool: &Tool, database: &str) -> Vec<OsString> {
    let mut arguments: Vec<String> = COMMON.map(str::to_owned).to_vec();
    // Carriage returns stay, and no command of the client but `DELIMITER` is obeyed.
    arguments.push("--binary-mode".to_owned());
    arguments.push("--local-infile=0".to_owned());
    arguments.push("--no-auto-rehash".to_owned());
    if super::tools::knows_sandbox(tool) {
        arguments.push("--sandbox".to_owned());
    }
    arguments.push(format!("--database={database}"));
    arguments.into_iter().map(OsString::from).collect()
}
