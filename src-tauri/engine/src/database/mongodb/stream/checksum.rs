//! The checksum behind the documents of a collection: CRC-64 of ECMA-182, reflected, as Go has it.
//!
//! Owns the arithmetic. It is only needed where documents are taken out, so it is short and not fast.

/// The polynomial, reflected.
const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;

/// A checksum of everything that was added.
pub(super) struct Checksum(u64);

impl Checksum {
    /// The checksum of nothing.
    pub(super) fn new() -> Self {
        Self(!0)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u64::from(*byte);
            for _ in 0..8 {
                let carry = self.0 & 1;
                self.0 = (self.0 >> 1) ^ (POLYNOMIAL * carry);
            }
        }
    }

    /// The checksum as the stream writes it: a signed number.
    pub(super) fn value(&self) -> i64 {
        (!self.0).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_checksum_of_the_catalogue_of_checksums() {
        let mut checksum = Checksum::new();
        assert_eq!(checksum.value(), 0);
        checksum.add(b"12345");
        checksum.add(b"6789");
        assert_eq!(checksum.value().cast_unsigned(), 0x995d_c9bb_df19_39fa);
    }
}
