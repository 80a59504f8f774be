//! Kronos in a real window: started, clicked and looked at as a person would.
//!
//! Each test has a desktop of its own (D-Bus, X server, window manager, home folder), so they can run
//! side by side and touch nothing of the user's. Owns what a person can see; what the engine promises
//! is tested there.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accessibility;
mod appearance;
mod desk;
mod failure;
mod file_dialog;
mod file_manager;
mod hostile;
mod journey;
mod lockdown;
mod mid_run;
mod notes;
mod notifications;
mod page;
mod samples;
mod start;
mod wait;
