//! What differs between platforms: which file is which, and the page cache.
//!
//! Owns these system calls; knows nothing of objects. Those that not only a storage needs are in
//! [`crate::files`].

#[cfg(unix)]
use std::fs::File;
use std::fs::Metadata;

/// Tells a file from every other one on this computer for as long as it is open.
#[cfg(unix)]
pub type Identity = (u64, u64);

/// Windows does not let anybody replace a file that is open for writing, so its name is enough.
#[cfg(not(unix))]
pub type Identity = ();

/// The identity of the file that `found` describes.
pub fn identity(found: &Metadata) -> Identity {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (found.dev(), found.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = found;
    }
}

/// Asks the kernel to forget the clean pages of `file`, so that the next read comes from the disk, and
/// to read ahead generously, because that read goes from one end to the other.
/// Only advice: where it is not heard, the read is served from memory and still proves the content.
#[cfg(unix)]
pub fn drop_from_cache(file: &File) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::debug!(%error, "the page cache cannot be dropped");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential) {
        tracing::debug!(%error, "the kernel does not read ahead");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}
