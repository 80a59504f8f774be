//! `RESTORE.md`: how to get the databases back without Kronos, with every name filled in.
//!
//! Owns the text and the quoting. It is the second member, so that whoever opens a damaged archive still finds
//! it; therefore it says only what is known before the first database is read.
//!
//! Everything inside a `sh` block is run as it stands by the tests. Only names that Kronos made
//! stand there, and quoted nevertheless; names that came from outside stand in prose, as one line.

use std::fmt::Write as _;

use super::intake::NamedMember;
use super::manifest::Header;
use super::subject::one_line;
use crate::config::Codec;

/// In the steps of a database: the command that writes the whole of it to its standard output.
const STREAM: &str = "{stream}";

/// The text for an archive with these databases.
pub(super) fn compose(header: &Header, codec: Codec, units: &[NamedMember]) -> String {
    let id = header.id.as_str();
    let archive = format!("{id}.{}", codec.extension());
    let folder = format!("{id}.restored");
    let mut text = introduction(header, &archive, codec);
    text.push_str(&checking(&archive, codec));
    text.push_str(&unpacking(&archive, &folder, codec));
    for planned in units {
        text.push_str(&database(planned, &archive, &folder, codec));
    }
    text
}

fn introduction(header: &Header, archive: &str, codec: Codec) -> String {
    let tools = match codec {
        Codec::Gzip => "`tar` and `gzip`",
        Codec::Zstd => "`tar` and `zstd`",
    };
    let server = [&header.server.version, &header.server.tool];
    let server: Vec<String> =
        server.into_iter().filter(|text| !text.is_empty()).map(|text| one_line(text)).collect();
    let server =
        if server.is_empty() { String::new() } else { format!(" ({})", server.join(", ")) };
    format!(
        "# Restore without Kronos\n\n\
         `{archive}` is a backup of the profile `{}`: {}{server}, begun at {}, made by Kronos {}.\n\n\
         The commands below need {tools} and nothing else. Run them in the folder that holds the \
         archive.\n\n",
        one_line(&header.profile),
        header.engine,
        header.created_at,
        one_line(&header.kronos_version),
    )
}

fn checking(archive: &str, codec: Codec) -> String {
    let tool = match codec {
        Codec::Gzip => "gzip",
        Codec::Zstd => "zstd -q",
    };
    format!(
        "## 1. Check the archive\n\n```sh\n{tool} -t {quoted}\nsha256sum {quoted}\n```\n\n\
         The first command must succeed. The second must print the first `sha256` in \
         `{archive}.json`, the file beside the archive; only this comparison proves that nothing is \
         missing. On macOS it is `shasum -a 256`.\n\n",
        quoted = quote(archive),
    )
}

fn unpacking(archive: &str, folder: &str, codec: Codec) -> String {
    let option = match codec {
        Codec::Gzip => "-xzf",
        Codec::Zstd => "--zstd -xf",
    };
    let (archive, quoted) = (quote(archive), quote(folder));
    format!(
        "## 2. Unpack it\n\n\
         ```sh\nmkdir {quoted} && tar {option} {archive} -C {quoted}\n```\n\n\
         ## 3. Check the databases\n\n\
         ```sh\n(cd {quoted} && find data -type f -exec sha256sum {{}} +)\n```\n\n\
         Each value must stand as `sha256` beside the same `member` in `{folder}/manifest.json`.\n\n\
         ## 4. Use the databases\n\n",
    )
}

fn database(planned: &NamedMember, archive: &str, folder: &str, codec: Codec) -> String {
    let (unit, member) = (&planned.unit, &planned.member);
    let name = one_line(&unit.name);
    let mut text = format!("### `{name}`\n\nUnpacked as `{folder}/{member}`.\n\n");
    if unit.streamed {
        text.push_str(&stream(archive, member, codec));
    }
    match (unit.steps.as_deref(), unit.extension.as_str()) {
        (Some(steps), _) => {
            let reading = reading(archive, member, codec);
            text.push_str(steps.replace(STREAM, &reading).trim_end());
        }
        (None, "sqlite") => text.push_str(SQLITE),
        (None, "sql") => text.push_str("It is an SQL script for the client of its server."),
        (None, extension) => {
            let _ = write!(text, "Its kind is `.{extension}`.");
        }
    }
    text.push_str("\n\n");
    text
}

/// The command that writes a whole database to its standard output.
fn reading(archive: &str, member: &str, codec: Codec) -> String {
    let option = match codec {
        Codec::Gzip => "-xzOf",
        Codec::Zstd => "--zstd -xOf",
    };
    format!("tar {option} {} {}", quote(archive), quote(member))
}

/// How to read a database that may have been too long for one member: nobody knew when this was written.
fn stream(archive: &str, member: &str, codec: Codec) -> String {
    let reading = reading(archive, member, codec);
    format!(
        "Where that is a folder, the files in it are one stream, cut into parts in the order of their \
         names. This command reads the whole stream, whichever it is:\n\n\
         ```sh\n{reading} | sha256sum\n```\n\n\
         It must print the `sha256` of the database itself. To load the database, put the command that \
         loads it in the place of `sha256sum`.\n\n",
    )
}

const SQLITE: &str = "\
It is the database itself: one complete SQLite file that every SQLite opens. To put it in the place of \
another, first close every program that uses that one, then move it away *together with* the files beside it \
that end in `-wal`, `-shm` or `-journal`: SQLite would mix such a leftover into the restored database.";

/// `text` as one word of a shell command.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_leaves_nothing_for_the_shell() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("$(rm) `x` \"y\" 'z'"), r#"'$(rm) `x` "y" '\''z'\'''"#);
    }
}
