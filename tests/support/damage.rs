//! Archives with damage at places that are spread over the whole file.

/// Copies of `bytes`, each with the place of its damage: every third is cut there, the others have one
/// bit changed.
pub fn damaged_copies(bytes: &[u8], tries: usize) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..tries).map(move |number| {
        let at = bytes.len() * number / tries;
        let mut changed = bytes.to_vec();
        if number % 3 == 0 {
            changed.truncate(at);
        } else {
            changed[at] ^= 1 << (number % 8);
        }
        (at, changed)
    })
}
