//! The two primitive fields of the format, read from bytes that may not be all there yet.
//!
//! Owns the encoding of numbers and texts. What they mean belongs to `contents` and `blocks`.

use super::Malformed;

/// The longest text in a table of contents: a view or a function of this length is a mistake.
const MAX_TEXT: usize = 256 << 20;

/// Reads fields from the front of a slice. `None` means that more bytes are needed.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    /// Bytes of a number, as the header says.
    width: usize,
    taken: usize,
}

/// A field that is there, or not yet.
pub(super) type Field<T> = Result<Option<T>, Malformed>;

/// Unwraps a field, or leaves the function because more bytes are needed.
macro_rules! there {
    ($field:expr) => {
        match $field? {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}
pub(super) use there;

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8], width: usize) -> Self {
        Self { bytes, width, taken: 0 }
    }

    /// Bytes of a number without its sign.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Bytes read so far.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let found = self.bytes.get(self.taken..self.taken.checked_add(count)?)?;
        self.taken += count;
        Some(found)
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// A number: its sign, then its digits from the lowest.
    pub fn number(&mut self) -> Field<i64> {
        let Some(bytes) = self.take(1 + self.width) else { return Ok(None) };
        number(bytes).map(Some)
    }

    /// A text, or nothing where its length is negative.
    pub fn text(&mut self) -> Field<Option<&'a [u8]>> {
        let length = there!(self.number());
        let Ok(length) = usize::try_from(length) else { return Ok(Some(None)) };
        if length > MAX_TEXT {
            return Err(Malformed::new("its table of contents holds an impossible text"));
        }
        Ok(self.take(length).map(Some))
    }
}

/// A number of a sign byte and up to eight digits.
pub(super) fn number(bytes: &[u8]) -> Result<i64, Malformed> {
    let (sign, digits) = bytes.split_first().unwrap_or((&2, &[]));
    let (low, high) = digits.split_at(digits.len().min(8));
    let mut value = [0; 8];
    value[..low.len()].copy_from_slice(low);
    let value = i64::from_le_bytes(value);
    match sign {
        0 if value >= 0 && high.iter().all(|byte| *byte == 0) => Ok(value),
        1 if value >= 0 && high.iter().all(|byte| *byte == 0) => Ok(-value),
        _ => Err(Malformed::new("a number in it is impossible")),
    }
}
