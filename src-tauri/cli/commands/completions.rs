//! `kronos completions`: what a shell needs to know to complete a command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::Exit;
use crate::json::Record;
use crate::output::Output;

pub fn run(output: &Output, shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "kronos", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.json(&Record::Completions { shell: shell.to_string(), script: &script });
    output.data(&script);
    Exit::Success
}
