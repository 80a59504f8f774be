//! One call of a tool, put together step by step and then started.
//!
//! Owns the order of the arguments and the private file of a secret.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::super::WorkScope;
use super::super::tool::Tool;
use super::complaints::Complaints;
use super::watch::PATIENCE;
use super::{ChildInput, ChildOutput, command};
use crate::error::{Error, Result};
use crate::files;
use crate::secret::Secret;

/// How a tool is told where its secrets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum SecretUse {
    /// By the path in this variable: `PGPASSFILE`.
    Variable(&'static str),
    /// By the path behind this, as the very first argument: `--defaults-file=`.
    FirstArgument(&'static str),
}

/// A call that has not been started yet.
pub(in super::super) struct Invocation {
    pub(super) tool: Tool,
    pub(super) arguments: Vec<OsString>,
    pub(super) variables: Vec<(&'static str, OsString)>,
    pub(super) secret: Option<(SecretUse, Secret)>,
    pub(super) patience: Option<Duration>,
    hidden: Vec<Secret>,
}

/// What a short call printed.
pub(in super::super) struct Printed {
    /// What came on its standard output.
    pub(in super::super) text: String,
    /// The last lines that it printed as complaints, without secrets.
    pub(in super::super) complaints: Vec<String>,
}

/// More than this is not a short answer.
const MAX_PRINTED: u64 = 16 * 1024 * 1024;

impl Invocation {
    /// A call of `tool` without arguments.
    pub(in super::super) fn new(tool: &Tool) -> Self {
        Self {
            tool: tool.clone(),
            arguments: Vec::new(),
            variables: Vec::new(),
            secret: None,
            patience: Some(PATIENCE),
            hidden: Vec::new(),
        }
    }

    /// Adds an argument. It is seen by everybody on the computer.
    pub(in super::super) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    pub(in super::super) fn args<A: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable. The environment holds nothing else but the locale, `PATH` and folders.
    pub(in super::super) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Gives the tool `text` as a file that only it can read and that goes with it.
    pub(in super::super) fn secret_file(mut self, how: SecretUse, text: String) -> Self {
        self.secret = Some((how, Secret::new(text)));
        self
    }

    /// Keeps `secret` out of everything that the tool prints.
    pub(in super::super) fn hide(mut self, secret: &Secret) -> Self {
        self.hidden.push(secret.clone());
        self
    }

    /// Lets the tool be silent for as long as it wants, because it works and has nothing to say.
    pub(in super::super) fn patient(mut self) -> Self {
        self.patience = None;
        self
    }

    /// Starts the tool and reads what it writes.
    pub(in super::super) fn spawn_output(self, scope: &WorkScope) -> Result<ChildOutput> {
        let secret = self.write_secret(scope)?;
        let complaints = Complaints::new(&self.hidden);
        ChildOutput::start(
            command::reading(&self, secret.as_ref()),
            &self,
            secret,
            complaints,
            scope,
        )
    }

    /// Starts the tool and writes what it reads.
    pub(in super::super) fn spawn_input(self, scope: &WorkScope) -> Result<ChildInput> {
        let secret = self.write_secret(scope)?;
        let complaints = Complaints::new(&self.hidden);
        ChildInput::start(
            command::writing(&self, secret.as_ref()),
            &self,
            secret,
            complaints,
            scope,
        )
    }

    /// Runs a tool whose output is short, to its end.
    pub(in super::super) async fn run(self, scope: &WorkScope) -> Result<Printed> {
        let child = self.spawn_output(scope)?;
        tokio::task::spawn_blocking(move || child.read_all(MAX_PRINTED))
            .await
            .unwrap_or_else(|panic| Err(Error::Internal(format!("a tool's reader ended: {panic}"))))
    }

    /// The secret's file, where the tool runs on this computer.
    fn write_secret(&self, scope: &WorkScope) -> Result<Option<SecretFile>> {
        use std::io::Write;
        let Some((_, secret)) = self.secret.as_ref().filter(|_| !self.tool.is_contained()) else {
            return Ok(None);
        };
        let file =
            SecretFile(scope.scratch.join(format!(".secret-{:016x}", rand::random::<u64>())));
        let write = || files::create_private(&file.0)?.write_all(secret.expose().as_bytes());
        write().map_err(|error| Error::file("write", &file.0, error))?;
        Ok(Some(file))
    }
}

/// A private file that goes with its owner; after a crash it goes with the scratch folder around it.
pub(super) struct SecretFile(pub(super) PathBuf);

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
