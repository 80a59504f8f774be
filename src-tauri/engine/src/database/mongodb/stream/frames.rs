//! Where one BSON document ends and the next begins.
//!
//! Owns the cuts: bytes may come in pieces of any length. What a document means belongs to `contents`.

/// Ends the descriptions and every block.
const TERMINATOR: [u8; 4] = [0xff; 4];
/// The first bytes of every archive.
const MAGIC: [u8; 4] = 0x8199_e26d_u32.to_le_bytes();
/// The shortest document: its length and its end.
const SHORTEST: usize = 5;
/// Longer than every document that a server stores or logs.
const LONGEST: usize = 64 * 1024 * 1024;
/// Longer than every description or block header.
const LONGEST_KEPT: usize = 17 * 1024 * 1024;

/// What a piece of the stream was.
pub(super) enum Frame<'a> {
    /// A whole document that was asked for.
    Kept(&'a [u8]),
    /// The end of a document that was passed by.
    Passed,
    /// The end of the descriptions or of a block.
    Terminator,
}

/// What to do with the document whose first bytes have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Collect it and hand it over whole; nothing of it is passed on by itself.
    Keep,
    /// Pass it on.
    Pass,
    /// Leave it out.
    Drop,
}

enum State {
    Magic,
    Length,
    Document { missing: usize, treatment: Treatment },
}

/// Finds the documents in a stream.
pub(super) struct Frames {
    state: State,
    kept: Vec<u8>,
}

/// Who is told of the documents, and says what shall become of them.
pub(super) trait Visitor {
    /// The next thing in the stream. Returns what has to be written for it.
    fn frame(&mut self, frame: Frame<'_>, out: &mut Vec<u8>) -> Result<(), String>;
    /// What shall become of the document that begins now.
    fn treatment(&self) -> Treatment;
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { state: State::Magic, kept: Vec::new() }
    }

    /// Whether nothing is half read.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.state, State::Length) && self.kept.is_empty()
    }

    /// Reads the next bytes. What is passed on goes to `out`.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        out: &mut Vec<u8>,
        visitor: &mut impl Visitor,
    ) -> Result<(), String> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Magic => self.magic(bytes, out)?,
                State::Length => self.length(bytes, out, visitor)?,
                State::Document { missing, treatment } => {
                    let (now, rest) = bytes.split_at(missing.min(bytes.len()));
                    self.document(now, treatment, out);
                    let missing = missing - now.len();
                    self.state = State::Document { missing, treatment };
                    if missing == 0 {
                        self.end(treatment, out, visitor)?;
                    }
                    rest
                }
            };
        }
        Ok(())
    }

    fn magic<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], String> {
        let (now, rest) = bytes.split_at((MAGIC.len() - self.kept.len()).min(bytes.len()));
        self.kept.extend_from_slice(now);
        if !MAGIC.starts_with(&self.kept) {
            return Err("it does not begin like an archive of mongodump".to_owned());
        }
        if self.kept.len() == MAGIC.len() {
            out.append(&mut self.kept);
            self.state = State::Length;
        }
        Ok(rest)
    }

    fn length<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
        visitor: &mut impl Visitor,
    ) -> Result<&'a [u8], String> {
        let (now, rest) = bytes.split_at((4 - self.kept.len()).min(bytes.len()));
        self.kept.extend_from_slice(now);
        let Ok(first) = <[u8; 4]>::try_from(self.kept.as_slice()) else { return Ok(rest) };
        if first == TERMINATOR {
            self.kept.clear();
            visitor.frame(Frame::Terminator, out)?;
            return Ok(rest);
        }
        let length = u32::from_le_bytes(first) as usize;
        let treatment = visitor.treatment();
        let longest = if treatment == Treatment::Keep { LONGEST_KEPT } else { LONGEST };
        if !(SHORTEST..=longest).contains(&length) {
            return Err(format!("a document cannot be {length} bytes long"));
        }
        self.state = State::Document { missing: length - 4, treatment };
        if treatment != Treatment::Keep {
            let first = std::mem::take(&mut self.kept);
            self.document(&first, treatment, out);
        }
        Ok(rest)
    }

    fn document(&mut self, bytes: &[u8], treatment: Treatment, out: &mut Vec<u8>) {
        match treatment {
            Treatment::Keep => self.kept.extend_from_slice(bytes),
            Treatment::Pass => out.extend_from_slice(bytes),
            Treatment::Drop => {}
        }
    }

    fn end(
        &mut self,
        treatment: Treatment,
        out: &mut Vec<u8>,
        visitor: &mut impl Visitor,
    ) -> Result<(), String> {
        self.state = State::Length;
        if treatment != Treatment::Keep {
            return visitor.frame(Frame::Passed, out);
        }
        let kept = std::mem::take(&mut self.kept);
        visitor.frame(Frame::Kept(&kept), out)
    }
}
