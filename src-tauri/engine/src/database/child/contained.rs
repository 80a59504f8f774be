//! A call inside a container: `docker exec -i NAME sh -c …`.
//!
//! Owns the small script that runs there. Ending `docker exec` does not end what it started, so the
//! script watches its own input: while we live it stays open, when we end it closes and the tool is
//! ended there, too. A secret comes as the first bytes of that input and is a file only inside.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};

use tokio::process::Command;

use super::invocation::{Invocation, SecretUse};

/// Which way the data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// The tool writes, we read.
    Reading,
    /// We write, the tool reads.
    Writing,
}

/// `$1` is the number of the secret's bytes, `$2` how the tool is told of its file, `$3` the variables that we
/// set, then the tool and its arguments follow. What the container itself sets for clients is taken away. Works with the shells and tools of Debian and of `BusyBox`.
const PROLOGUE: &str = r#"umask 077
n=$1 how=$2 keep=$3; shift 3
for v in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p'); do
  case "$v" in
    PG*|MYSQL*|MARIADB*|MONGO*|LIBMYSQL*) case " $keep " in *" $v "*) ;; *) unset "$v" ;; esac ;;
  esac
done
if [ "$n" -gt 0 ]; then
  d=$(mktemp -d) || exit 125
  trap 'rm -rf "$d"' EXIT
  trap 'exit 143' TERM INT HUP
  dd bs=1 count="$n" of="$d/secret" 2>/dev/null || exit 125
  case $how in
    variable:*) export "${how#variable:}=$d/secret" ;;
    argument:*) tool=$1; shift; set -- "$tool" "${how#argument:}$d/secret" "$@" ;;
  esac
fi
export HOME=/nonexistent
"#;
/// `read` needs no process, and none is left behind: an orphan goes to the first process of the container. Where that is
/// PostgreSQL, it takes an unknown child that a signal has ended for a crashed session of its own, ends all others and
/// recovers (`reaper` in its `postmaster.c`).
const READING: &str = r#"exec 3<&0
"$@" </dev/null 3<&- & p=$!
{ while read -r _; do :; done; kill "$p"; } <&3 >/dev/null 2>&1 & w=$!
exec 3<&-
trap 'kill "$p" 2>/dev/null' TERM INT HUP
wait "$p"; s=$?
while kill -0 "$p" 2>/dev/null; do wait "$p"; s=$?; done
{ kill "$w"; wait "$w"; } 2>/dev/null
exit "$s"
"#;
const WRITING: &str = r#""$@"
exit $?
"#;

/// The command that runs `call` in its container.
pub(super) fn command(call: &Invocation, direction: Direction) -> Command {
    let script = match direction {
        Direction::Reading => READING,
        Direction::Writing => WRITING,
    };
    let mut command = call.tool.runtime_command();
    command.args(["exec", "-i"]);
    for (name, value) in &call.variables {
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        command.arg("-e").arg(setting);
    }
    command.args(["-e", "LC_ALL=C.UTF-8", "--"]).arg(call.tool.container().unwrap_or_default());
    command.args(["sh", "-c"]).arg(format!("{PROLOGUE}{script}")).arg("sh");
    let (length, how) = match &call.secret {
        Some((how, secret)) => (secret.expose().len(), usage(*how)),
        None => (0, String::new()),
    };
    let kept: Vec<&str> = call.variables.iter().map(|(name, _)| *name).collect();
    command
        .arg(length.to_string())
        .arg(how)
        .arg(kept.join(" "))
        .arg(call.tool.path())
        .args(&call.arguments);
    command
}

/// Writes the secret before anything else. A script that has ended already says why by itself.
pub(super) fn hand_over_secret(call: &Invocation, stdin: &mut File) -> io::Result<()> {
    let Some((_, secret)) = call.secret.as_ref().filter(|_| call.tool.is_contained()) else {
        return Ok(());
    };
    match stdin.write_all(secret.expose().as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

fn usage(how: SecretUse) -> String {
    match how {
        SecretUse::Variable(name) => format!("variable:{name}"),
        SecretUse::FirstArgument(option) => format!("argument:{option}"),
    }
}
