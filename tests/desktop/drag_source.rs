//! Another program on the desktop from which files or a text are dragged: the source's side of XDND, version 5.
//!
//! Owns the protocol and nothing of what comes of a drop. It speaks to the window as a file manager or an editor does and
//! hands out what is dragged when asked for it; only the pointer does not move on the screen.

use std::path::Path;

use x11rb::CURRENT_TIME;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::desk::Desk;
use crate::wait::until_true;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        XdndEnter,
        XdndPosition,
        XdndStatus,
        XdndLeave,
        XdndDrop,
        XdndFinished,
        XdndSelection,
        XdndActionCopy,
        TARGETS,
        UriList: b"text/uri-list",
        Text: b"text/plain;charset=utf-8",
    }
}

/// A drag that has begun.
pub struct Drag {
    connection: RustConnection,
    atoms: Atoms,
    window: u32,
    target: u32,
    /// The form in which it is handed out, and all of it.
    kind: u32,
    dragged: String,
    /// What the window has said of the last place.
    accepted: Option<bool>,
    finished: Option<bool>,
}

impl Drag {
    /// Takes files and drags them over the window of Kronos, until it accepts them.
    pub async fn over(desk: &Desk, files: &[&Path]) -> Self {
        let address = |file: &&Path| url::Url::from_file_path(file).unwrap().to_string() + "\r\n";
        let mut drag =
            Self::begin(desk, files.iter().map(address).collect(), |atoms| atoms.UriList);
        drag.moved_until("window that accepts the drag", |drag| drag.accepted == Some(true)).await;
        drag
    }

    /// Takes a text and drags it over the window of Kronos, until it says whether it wants it.
    pub async fn text_over(desk: &Desk, text: &str) -> Self {
        let mut drag = Self::begin(desk, text.to_owned(), |atoms| atoms.Text);
        drag.moved_until("answer of the window", |drag| drag.accepted.is_some()).await;
        drag
    }

    async fn moved_until(&mut self, what: &str, is_enough: impl Fn(&Self) -> bool) {
        self.send(self.atoms.XdndEnter, [5 << 24, self.kind, 0, 0]);
        let mut step = 0;
        until_true(what, async || {
            // As long as the pointer moves, its place is told again and again.
            step = (step + 1) % 40;
            let place = ((400 + step) << 16) + 400;
            let action = self.atoms.XdndActionCopy;
            self.send(self.atoms.XdndPosition, [0, place, CURRENT_TIME, action]);
            self.answer();
            is_enough(self)
        })
        .await;
    }

    /// Lets go of the files over the window, and waits until it says that it has them.
    pub async fn drop(mut self) {
        self.send(self.atoms.XdndDrop, [0, CURRENT_TIME, 0, 0]);
        until_true("end of the drop", async || {
            self.answer();
            self.finished.is_some()
        })
        .await;
        assert_eq!(self.finished, Some(true), "the window did not take the drop");
    }

    /// Goes away from the window without letting go.
    pub fn leave(self) {
        self.send(self.atoms.XdndLeave, [0; 4]);
    }

    fn begin(desk: &Desk, dragged: String, kind: impl Fn(&Atoms) -> u32) -> Self {
        let target = desk.window("^Kronos$").expect("the window is on the screen");
        let (connection, screen) = x11rb::connect(Some(desk.display())).unwrap();
        let root = connection.setup().roots[screen].root;
        let atoms = Atoms::new(&connection).unwrap().reply().unwrap();
        let window = connection.generate_id().unwrap();
        let (class, more) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        connection.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &more).unwrap();
        connection.set_selection_owner(window, atoms.XdndSelection, CURRENT_TIME).unwrap();
        let (target, kind) = (target.parse().unwrap(), kind(&atoms));
        Self { connection, atoms, window, target, kind, dragged, accepted: None, finished: None }
    }

    /// Sends a message of the protocol; its first word is always the source's window.
    fn send(&self, kind: u32, [a, b, c, d]: [u32; 4]) {
        let message = ClientMessageEvent::new(32, self.target, kind, [self.window, a, b, c, d]);
        self.connection.send_event(false, self.target, EventMask::NO_EVENT, message).unwrap();
        // The server has it before this connection can end.
        self.connection.sync().unwrap();
    }

    /// Answers everything that came meanwhile.
    fn answer(&mut self) {
        while let Some(event) = self.connection.poll_for_event().unwrap() {
            match event {
                Event::ClientMessage(message) => {
                    let says_yes = message.data.as_data32()[1] & 1 == 1;
                    if message.type_ == self.atoms.XdndStatus {
                        self.accepted = Some(says_yes);
                    } else if message.type_ == self.atoms.XdndFinished {
                        self.finished = Some(says_yes);
                    }
                }
                Event::SelectionRequest(request) => self.hand_out(&request),
                _ => {}
            }
        }
    }

    /// Gives what is dragged to whoever asks, or says that there is nothing else.
    fn hand_out(&self, request: &SelectionRequestEvent) {
        let (requestor, property) = (request.requestor, request.property);
        let connection = &self.connection;
        let given = if request.target == self.kind {
            let bytes = self.dragged.as_bytes();
            connection
                .change_property8(PropMode::REPLACE, requestor, property, request.target, bytes)
                .unwrap();
            property
        } else if request.target == self.atoms.TARGETS {
            let list = [self.kind];
            connection
                .change_property32(PropMode::REPLACE, requestor, property, AtomEnum::ATOM, &list)
                .unwrap();
            property
        } else {
            x11rb::NONE
        };
        let reply = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor,
            selection: request.selection,
            target: request.target,
            property: given,
        };
        connection.send_event(false, requestor, EventMask::NO_EVENT, reply).unwrap();
        connection.flush().unwrap();
    }
}
