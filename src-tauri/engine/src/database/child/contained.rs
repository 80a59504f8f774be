//! A call inside a container: `docker exec -i NAME sh -c …`.
//!
//! Owns the small scripts that run there. Ending `docker exec` does not end what it started. A script whose output is
//! read watches its own input: while we live it stays open, when we end it closes and the tool is ended there, too.
//! One that is written to says the number of its tool, so that it can be ended from outside. A secret comes as the first bytes of that input and is a file only inside.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStdout, Command};

use super::super::tool::Tool;
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
/// Waits for the tool and collects it. No child is ever left behind: an orphan goes to the first process of the
/// container. Where that is PostgreSQL, it takes an unknown child that does not end with 0 or 1 for a crashed session of
/// its own, ends all others and recovers (`reaper` in its `postmaster.c`).
const WAITING: &str = r#"trap 'kill "$p" 2>/dev/null' TERM INT HUP
wait "$p"; s=$?
while kill -0 "$p" 2>/dev/null; do wait "$p"; s=$?; done
"#;
/// The watcher reads with the shell alone. It is killed for good: a signal that finds the trap of its parent is lost.
/// `pg_dumpall` is short, and what it has started itself would be left behind.
const READING: [&str; 2] = [
    r#"exec 3<&0
"$@" </dev/null 3<&- & p=$!
{ while read -r _; do :; done; case "${1##*/}" in pg_dumpall*) ;; *) kill "$p" ;; esac; } <&3 >/dev/null 2>&1 & w=$!
exec 3<&-
"#,
    r#"{ kill -9 "$w"; wait "$w"; } 2>/dev/null
exit "$s"
"#,
];
/// The end of its input is no sign for a tool that it is to end at once, so it is known by its number. Nobody but the
/// tool holds the input.
const WRITING: [&str; 2] = [
    r#"exec 3<&0
"$@" <&3 3<&- >/dev/null & p=$!
exec 3<&- </dev/null
echo "$p"
"#,
    r#"exit "$s"
"#,
];
/// Ends the tool `$2` with the number `$1` and waits until it is gone.
const ENDING: &str = r#"case $(tr '\0' ' ' <"/proc/$1/cmdline") in *"${2##*/}"*) ;; *) exit 0 ;; esac
kill "$1"; n=0
while kill -0 "$1" 2>/dev/null; do
  n=$((n + 1))
  [ "$n" -ne 50 ] || kill -9 "$1"
  [ "$n" -lt 150 ] || exit 1
  sleep 0.1
done
"#;
/// How long ending a tool may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The number of a process and a line end are shorter.
const LONGEST_NUMBER: u64 = 20;

/// The tool of a call that is written to, as it is known in its container.
pub(super) struct Inside {
    tool: Tool,
    number: Option<ChildStdout>,
}

impl Inside {
    /// That of `call`, which runs as `child`; `None` for a tool on this computer.
    pub(super) fn of(call: &Invocation, child: &mut dyn ChildWrapper) -> Option<Self> {
        call.tool
            .is_contained()
            .then(|| Self { tool: call.tool.clone(), number: child.stdout().take() })
    }

    /// Ends the tool and waits until it is gone: what it fills is removed next.
    pub(super) async fn end(self) {
        let ended = async {
            let mut line = String::new();
            BufReader::new(self.number?.take(LONGEST_NUMBER)).read_line(&mut line).await.ok()?;
            let number: u32 = line.trim_end().parse().ok()?;
            let mut command = self.tool.runtime_command();
            command.args(["exec", "--"]).arg(self.tool.container()?);
            command.args(["sh", "-c", ENDING, "sh", &number.to_string()]).arg(self.tool.path());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.kill_on_drop(true).status().await.ok().filter(ExitStatus::success)
        };
        if tokio::time::timeout(PATIENCE, ended).await.ok().flatten().is_none() {
            tracing::warn!(tool = self.tool.name, "it may still be at work in its container");
        }
    }
}

/// The command that runs `call` in its container.
pub(super) fn command(call: &Invocation, direction: Direction) -> Command {
    let [start, end] = match direction {
        Direction::Reading => READING,
        Direction::Writing => WRITING,
    };
    let script = format!("{PROLOGUE}{start}{WAITING}{end}");
    let mut command = call.tool.runtime_command();
    command.args(["exec", "-i"]);
    for (name, value) in &call.variables {
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        command.arg("-e").arg(setting);
    }
    command.args(["-e", "LC_ALL=C.UTF-8", "--"]).arg(call.tool.container().unwrap_or_default());
    command.args(["sh", "-c"]).arg(script).arg("sh");
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

#[cfg(all(test, target_os = "linux"))]
mod tests;
