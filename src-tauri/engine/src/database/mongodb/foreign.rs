//! Loading what another program's `mongodump` has left: an archive, or a folder in its place.
//!
//! Owns the options for that. Only the one database that was chosen is loaded, under its new name: no users, no
//! roles, no log.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::child::Invocation;
use super::super::foreign::{ForeignDump, ForeignForm, LoadSink};
use super::super::tool::Tool;
use super::super::{DumpedDatabase, Restored, WorkScope};
use super::catalogue;
use super::connect::Session;
use super::restore::Loading;
use super::target::Target;
use super::tools;
use crate::cancel::CancellationToken;
use crate::contents::{DatabaseFacts, ServerInfo};
use crate::error::{LoadError, Result};

/// A dump being loaded.
struct Load {
    loading: Loading,
    /// What is done with a folder.
    folder: Option<(Invocation, PathBuf)>,
    scope: WorkScope,
}

/// What a restore would know of it.
pub(super) fn as_dumped(dump: &ForeignDump) -> Result<DumpedDatabase> {
    let named = dump.source.clone().filter(|name| !catalogue::belongs_to_server(name));
    let Some(name) = named else {
        return Err(LoadError::Unfit {
            dump: "The dump".to_owned(),
            detail: "it does not name one single database that can be loaded".to_owned(),
            next_step: "Name the database in it with `--database NAME`".to_owned(),
        }
        .into());
    };
    let (server, facts) = (ServerInfo::default(), DatabaseFacts::default());
    Ok(DumpedDatabase { name, size: dump.size, server, facts, only: None, is_part: false })
}

/// Claims the new database and starts mongorestore.
pub(super) async fn start(
    session: Session,
    tool: &Tool,
    target: Target,
    dump: &ForeignDump,
    scope: &WorkScope,
) -> Result<Box<dyn LoadSink>> {
    let source = as_dumped(dump)?.name;
    let call = tools::call(tool, &session).args(arguments(&source, &target));
    let mut loading = Loading::claim(session, target).await?;
    let folder = if let ForeignForm::Folder(path) = &dump.form {
        check_folder(tool, path)?;
        Some((call.args(folder_arguments(path, &source)).patient(), path.clone()))
    } else {
        loading.read_with(call.arg("--archive").spawn_input(scope)?);
        None
    };
    Ok(Box::new(Load { loading, folder, scope: scope.clone() }))
}

fn arguments(source: &str, target: &Target) -> Vec<String> {
    let mut arguments =
        ["--objcheck", "--stopOnError", "--maintainInsertionOrder"].map(str::to_owned).to_vec();
    let from = format!("{}.*", tools::literal(source));
    arguments.push(tools::option("nsInclude", &from));
    for name in target.databases() {
        arguments.push(tools::option("nsFrom", &from));
        arguments.push(tools::option("nsTo", &format!("{}.*", tools::literal(name))));
    }
    arguments
}

/// The folder of all databases, and whether its files are packed.
fn folder_arguments(path: &Path, source: &str) -> Vec<String> {
    let is_packed = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .any(|name| name.ends_with(".bson.gz"))
    };
    let mut arguments = Vec::new();
    if is_packed(path) || is_packed(&path.join(source)) {
        arguments.push("--gzip".to_owned());
    }
    arguments.push(tools::option("dir", &path.display().to_string()));
    arguments
}

/// A tool inside a container sees no folder of this computer.
fn check_folder(tool: &Tool, path: &Path) -> Result<()> {
    if !tool.is_contained() && path.to_str().is_some() {
        return Ok(());
    }
    Err(LoadError::Unfit {
        dump: path.display().to_string(),
        detail: "it is a folder, and the tools of this profile cannot see it".to_owned(),
        next_step: "Dump with `mongodump --archive` instead, or make a profile without `container`"
            .to_owned(),
    }
    .into())
}

impl Write for Load {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.loading.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LoadSink for Load {
    fn finish(mut self: Box<Self>, cancel: &CancellationToken) -> Result<Restored> {
        if let Some((call, path)) = self.folder.take() {
            self.scope.progress.object(&path.display().to_string());
            self.loading.run(call, &self.scope)?;
        }
        self.loading.finish_counted(cancel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn dump(source: Option<&str>) -> ForeignDump {
        let form = ForeignForm::Archive("archive");
        ForeignDump { form, source: source.map(str::to_owned), tool: None, objects: None, size: 1 }
    }

    #[test]
    fn the_servers_own_databases_and_no_database_are_refused() {
        for source in [None, Some("admin"), Some("config"), Some("local")] {
            assert!(matches!(as_dumped(&dump(source)), Err(Error::Load(LoadError::Unfit { .. }))));
        }
        assert_eq!(as_dumped(&dump(Some("shop"))).unwrap().name, "shop");
    }

    #[test]
    fn only_the_one_database_is_asked_for() {
        let arguments = arguments("a*b", &Target::Database("new".to_owned())).join(" ");
        assert!(
            arguments.ends_with(r"--nsInclude=a\*b.* --nsFrom=a\*b.* --nsTo=new.*"),
            "{arguments}"
        );
        assert!(!arguments.contains("oplog") && !arguments.contains("Users"), "{arguments}");
    }
}
