//! A container in which a server runs, seen through the command line of Docker or Podman.
//!
//! Owns finding the runtime, asking about the container and where its server is reached from outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::error::{Result, ServerError};

/// How long a runtime may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a runtime needs to find its engine.
const INHERITED: [&str; 13] = [
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_HOST",
    "CONTAINERS_CONF",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "SystemRoot",
    "USERPROFILE",
];

/// A running container.
#[derive(Debug, Clone)]
pub(in super::super) struct Container {
    runtime: PathBuf,
    name: String,
    network: Network,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    state: State,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    network_settings: Network,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    running: bool,
    #[serde(default)]
    status: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    network_mode: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Network {
    #[serde(default, rename = "IPAddress")]
    ip_address: String,
    #[serde(default)]
    ports: Option<BTreeMap<String, Option<Vec<Published>>>>,
    #[serde(default)]
    networks: Option<BTreeMap<String, Endpoint>>,
    #[serde(skip)]
    is_host: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Published {
    #[serde(default)]
    host_ip: String,
    host_port: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Endpoint {
    #[serde(default, rename = "IPAddress")]
    ip_address: String,
}

impl Container {
    /// One that `runtime` plays.
    #[cfg(test)]
    pub(in super::super) fn played_by(runtime: PathBuf) -> Self {
        Self { runtime, name: "played".to_owned(), network: Network::default() }
    }

    /// The running container of this name or id.
    ///
    /// # Errors
    /// [`ServerError::Container`] when there is no runtime, no such container, or it does not run.
    pub(in super::super) async fn find(name: &str) -> Result<Self> {
        let failed = |detail: String| ServerError::Container { container: name.to_owned(), detail };
        if name.starts_with('-') {
            return Err(failed("a name cannot begin with `-`".to_owned()).into());
        }
        let runtimes: Vec<PathBuf> = ["docker", "podman"]
            .iter()
            .filter_map(|program| which::which_global(program).ok())
            .collect();
        let mut refusal = "neither docker nor podman was found".to_owned();
        for runtime in runtimes {
            match inspect(&runtime, name).await {
                Ok(found) if found.state.running => {
                    let mut network = found.network_settings;
                    network.is_host = found.host_config.network_mode == "host";
                    return Ok(Self { runtime, name: name.to_owned(), network });
                }
                Ok(found) => return Err(failed(format!("it is {}", found.state.status)).into()),
                Err(detail) => refusal = detail,
            }
        }
        Err(failed(refusal).into())
    }

    /// Its name.
    pub(in super::super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the server that listens on `port` inside is reached from outside.
    ///
    /// # Errors
    /// [`ServerError::Container`] when that port is not published and the container has no address.
    pub(in super::super) fn address(&self, port: u16) -> Result<(String, u16)> {
        if self.network.is_host {
            return Ok(("127.0.0.1".to_owned(), port));
        }
        let published = self.network.ports.iter().flatten().find_map(|(inside, published)| {
            let is_it =
                inside.strip_suffix("/tcp").is_some_and(|inside| inside == port.to_string());
            published.as_ref().filter(|_| is_it)?.first()
        });
        if let Some(outside) = published {
            let host = match outside.host_ip.as_str() {
                "" | "0.0.0.0" | "::" => "127.0.0.1",
                address => address,
            };
            if let Ok(port) = outside.host_port.parse() {
                return Ok((host.to_owned(), port));
            }
        }
        let own = std::iter::once(&self.network.ip_address);
        let others = self.network.networks.iter().flatten().map(|(_, network)| &network.ip_address);
        match own.chain(others).find(|address| !address.is_empty()) {
            Some(address) => Ok((address.clone(), port)),
            None => Err(ServerError::Container {
                container: self.name.clone(),
                detail: format!("its port {port} is not published; start it with `-p {port}`"),
            }
            .into()),
        }
    }

    /// A command of the runtime, with what it needs to find its engine.
    pub(in super::super) fn command(&self) -> Command {
        runtime_command(&self.runtime)
    }
}

fn runtime_command(runtime: &Path) -> Command {
    let mut command = Command::new(runtime);
    command.env_clear();
    command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command
}

/// What the runtime knows about the container, or why not.
async fn inspect(runtime: &Path, name: &str) -> Result<Inspected, String> {
    let mut command = runtime_command(runtime);
    command.args(["container", "inspect", "--format", "{{json .}}", "--", name]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let shown = runtime.display();
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .map_err(|_| format!("`{shown}` does not answer"))?
        .map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("the runtime gave no reason").trim().to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("`{shown}` said: {error}"))
}
