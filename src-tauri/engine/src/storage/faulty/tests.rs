//! The decorator that fails on purpose, tested over the storage in memory.

use tokio::io::AsyncReadExt;

use super::*;
use crate::storage::MemoryStorage;

fn key() -> ObjectKey {
    ObjectKey::new("object").unwrap()
}

async fn read(mut reader: ObjectReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_write_fails_at_its_byte_and_only_once() {
    for at in 0..10 {
        let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()));
        storage.plan(Operation::Write, Fault::AtByte(at, Failure::Full));
        let mut writer = storage.create(&key(), 0).await.unwrap();
        let mut failed = None;
        for (index, chunk) in [b"012", b"345", b"678"].into_iter().enumerate() {
            if writer.write(chunk).await.is_err() {
                failed = Some(index);
                break;
            }
        }
        let wanted = if at < 9 { Some(usize::try_from(at / 3).unwrap()) } else { None };
        assert_eq!(failed, wanted);
        assert_eq!(storage.fired().len(), usize::from(at < 9));
        writer.seal().await.unwrap();
        let expected = &b"012345678"[..usize::try_from(at.min(9)).unwrap()];
        assert_eq!(read(writer.read_back().await.unwrap()).await, expected);
    }
}

#[tokio::test]
async fn readers_are_cut_and_bent_once() {
    let memory = MemoryStorage::new();
    memory.plant(&key(), *b"0123456789");
    let storage = FaultyStorage::new(Arc::new(memory));
    storage.plan(Operation::Open, Fault::Short(4));
    storage.plan(Operation::Open, Fault::Flip(9));
    storage.plan(Operation::Open, Fault::Flip(10));
    assert_eq!(read(storage.open(&key()).await.unwrap()).await, b"0123");
    assert_eq!(read(storage.open(&key()).await.unwrap()).await, b"012345678)");
    assert_eq!(storage.fired().len(), 2);
    assert_eq!(read(storage.open(&key()).await.unwrap()).await, b"0123456789");
    assert_eq!(storage.fired().len(), 2, "a byte that does not exist cannot be bent");
    assert_eq!(storage.pending(), 0);
}

#[tokio::test]
async fn a_lost_answer_has_done_its_work() {
    let storage = FaultyStorage::new(Arc::new(MemoryStorage::new()));
    storage.plan(Operation::Commit, Fault::After(Failure::Io));
    storage.plan_after(1, Operation::Delete, Fault::Before(Failure::Unavailable));
    let mut writer = storage.create(&key(), 0).await.unwrap();
    writer.seal().await.unwrap();
    assert!(writer.commit().await.is_err());
    assert_eq!(storage.stat(&key()).await.unwrap().size, 0);
    storage.delete(&key()).await.unwrap();
    assert!(storage.delete(&key()).await.is_err());
    assert_eq!(storage.fired().len(), 2);
}
