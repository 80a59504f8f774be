//! A fake notification daemon: the far side of `org.freedesktop.Notifications`.
//!
//! Owns the list of what it was asked to show, and shows nothing.
#![allow(
    clippy::used_underscore_binding,
    clippy::unused_self,
    reason = "the interface says what there is; the fake needs little of it"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

use crate::desk::Desk;
use crate::wait::until;

/// One notification as it came over the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub application: String,
    pub replaces: u32,
    pub summary: String,
    pub body: String,
}

#[derive(Clone, Default)]
struct FakeDaemon(Arc<Mutex<Vec<Shown>>>);

#[interface(name = "org.freedesktop.Notifications")]
impl FakeDaemon {
    #[expect(clippy::too_many_arguments, reason = "the interface says so")]
    fn notify(
        &self,
        application: String,
        replaces: u32,
        _icon: &str,
        summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut shown = self.0.lock().unwrap();
        shown.push(Shown { application, replaces, summary, body });
        u32::try_from(shown.len()).unwrap()
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["body", "body-markup"]
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("fake", "kronos", "1", "1.2")
    }
}

/// The fake daemon on a desk.
pub struct FakeNotifications {
    daemon: FakeDaemon,
    _connection: Connection,
}

impl FakeNotifications {
    /// Takes the daemon's place on the desk's bus.
    pub async fn on(desk: &Desk) -> Self {
        let daemon = FakeDaemon::default();
        let builder = zbus::connection::Builder::address(desk.bus.as_str()).unwrap();
        let connection = builder
            .serve_at("/org/freedesktop/Notifications", daemon.clone())
            .unwrap()
            .name("org.freedesktop.Notifications")
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { daemon, _connection: connection }
    }

    /// All that was shown so far.
    pub fn shown(&self) -> Vec<Shown> {
        self.daemon.0.lock().unwrap().clone()
    }

    /// The notification with this number, from 0, once it is shown.
    pub async fn next(&self, number: usize) -> Shown {
        until("notification", async || self.shown().get(number).cloned()).await
    }
}
