//! What is done to put each promise to the test. Owns no verdict beyond "this was seen instead".

use tokio::io::AsyncReadExt;

use super::{Broken, Kept, Keys, Verdicts, ensure};
use crate::error::{Error, Result, StorageError};
use crate::storage::{ObjectKey, ObjectReader, ObjectWriter, Storage};

const TEXT: &[u8] = b"Kronos checks this storage. This object is about to be removed.";

pub(super) async fn of_writing(storage: &dyn Storage, keys: &Keys, verdicts: &mut Verdicts) {
    verdicts.add("the storage is reachable", reachable(storage).await);
    let key = keys.key("stored");
    verdicts.add("what was written is what is read", stored(storage, &key).await);
    let key = keys.key("empty");
    verdicts.add("an empty object is an object", empty(storage, &key).await);
    let key = keys.key("invisible");
    verdicts.add("an object is invisible until it is committed", invisible(storage, &key).await);
    let key = keys.key("sealed");
    verdicts.add("sealed bytes can be read back before the commit", sealed(storage, &key).await);
    let key = keys.key("order");
    verdicts.add("a writer used out of order is refused", out_of_order(storage, &key).await);
    let key = keys.key("huge");
    verdicts.add("an object that cannot fit is refused at once", huge(storage, &key).await);
}

pub(super) async fn of_leaving_nothing(
    storage: &dyn Storage,
    keys: &Keys,
    verdicts: &mut Verdicts,
) {
    let key = keys.key("dropped");
    verdicts.add("a dropped writer leaves nothing", left(storage, &key, false).await);
    let key = keys.key("aborted");
    verdicts.add("an aborted writer leaves nothing", left(storage, &key, true).await);
    let key = keys.key("unfinished");
    verdicts.add("cleaning up spares writers that are alive", spared(storage, &key).await);
}

pub(super) async fn of_never_replacing(
    storage: &dyn Storage,
    keys: &Keys,
    verdicts: &mut Verdicts,
) {
    let key = keys.key("kept");
    verdicts.add("a key that exists is refused", kept(storage, &key).await);
    let key = keys.key("raced");
    verdicts.add("of two writers of one key only one commits", raced(storage, &key).await);
}

pub(super) async fn of_looking(storage: &dyn Storage, keys: &Keys, verdicts: &mut Verdicts) {
    let key = keys.key("missing");
    verdicts.add("a missing object is reported as missing", missing(storage, &key).await);
    let key = keys.key("deleted");
    verdicts.add("a deleted object is gone", deleted(storage, &key).await);
    verdicts.add("a list has what begins with the prefix, sorted", listed(storage, keys).await);
}

async fn reachable(storage: &dyn Storage) -> Kept {
    let capacity = storage.capacity().await?;
    let (free, total) = (capacity.free.unwrap_or(0), capacity.total.unwrap_or(u64::MAX));
    ensure(free <= total, "more is free than there is")
}

async fn stored(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let mut bytes = Vec::new();
    let mut writer = storage.create(key, 300_000).await?;
    for chunk in 0..=255_u8 {
        let chunk = vec![chunk; 1 + usize::from(chunk) * 9];
        writer.write(&chunk).await?;
        bytes.extend_from_slice(&chunk);
    }
    writer.seal().await?;
    let committed = writer.commit().await?;
    ensure(committed.key == *key, "the commit names another key")?;
    ensure(committed.size == bytes.len() as u64, "the commit tells another size")?;
    ensure(storage.stat(key).await?.size == committed.size, "`stat` tells another size")?;
    ensure(read(storage.open(key).await?).await? == bytes, "other bytes came back")
}

async fn empty(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    put(storage, key, b"").await?;
    ensure(storage.stat(key).await?.size == 0, "its size is not zero")?;
    ensure(read(storage.open(key).await?).await?.is_empty(), "it has bytes")
}

async fn invisible(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let mut writer = storage.create(key, 0).await?;
    require_absent(storage, key).await?;
    writer.write(TEXT).await?;
    require_absent(storage, key).await?;
    writer.seal().await?;
    require_absent(storage, key).await?;
    writer.read_back().await?;
    require_absent(storage, key).await?;
    writer.commit().await?;
    let listed = storage.list(key.as_str()).await?;
    ensure(listed.len() == 1 && listed[0].key == *key, "it is not listed after the commit")
}

async fn sealed(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let mut writer = storage.create(key, 0).await?;
    writer.write(TEXT).await?;
    writer.seal().await?;
    for _ in 0..2 {
        ensure(read(writer.read_back().await?).await? == TEXT, "other bytes came back")?;
    }
    writer.commit().await?;
    ensure(read(storage.open(key).await?).await? == TEXT, "the commit changed the bytes")
}

async fn out_of_order(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let mut writer = storage.create(key, 0).await?;
    ensure(writer.read_back().await.is_err(), "`read_back` before `seal` is allowed")?;
    let writer = restart(writer, storage, key).await?;
    ensure(writer.commit().await.is_err(), "`commit` before `seal` is allowed")?;
    require_absent(storage, key).await?;
    let mut writer = storage.create(key, 0).await?;
    writer.seal().await?;
    ensure(writer.write(TEXT).await.is_err(), "`write` after `seal` is allowed")
}

/// Ends `writer` and begins anew: one that was refused may count as broken.
async fn restart(
    writer: Box<dyn ObjectWriter>,
    storage: &dyn Storage,
    key: &ObjectKey,
) -> Result<Box<dyn ObjectWriter>> {
    writer.abort().await?;
    storage.create(key, 0).await
}

async fn huge(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    if storage.capacity().await?.free.is_none() {
        return Ok(());
    }
    match storage.create(key, u64::MAX).await {
        Err(Error::Storage(StorageError::Full { .. })) => Ok(()),
        Err(error) => Err(Broken(format!("it is not reported as a full storage: {error}"))),
        Ok(_) => Err(Broken("it is accepted".to_owned())),
    }
}

async fn left(storage: &dyn Storage, key: &ObjectKey, abort: bool) -> Kept {
    for steps in 0..4 {
        let mut writer = storage.create(key, 0).await?;
        if steps > 0 {
            writer.write(TEXT).await?;
        }
        if steps > 1 {
            writer.seal().await?;
        }
        if steps > 2 {
            writer.read_back().await?;
        }
        if abort {
            writer.abort().await?;
        } else {
            drop(writer);
        }
        require_absent(storage, key).await?;
        ensure(!storage.discard_unfinished(key).await?, "there was something to clean up")?;
    }
    Ok(())
}

async fn spared(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let mut writer = storage.create(key, 0).await?;
    writer.write(TEXT).await?;
    ensure(!storage.discard_unfinished(key).await?, "a living writer's bytes were removed")?;
    writer.seal().await?;
    ensure(!storage.discard_unfinished(key).await?, "sealed bytes were removed")?;
    writer.commit().await?;
    ensure(!storage.discard_unfinished(key).await?, "a committed object counts as unfinished")?;
    ensure(read(storage.open(key).await?).await? == TEXT, "the object was changed")
}

async fn kept(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    put(storage, key, TEXT).await?;
    match put(storage, key, b"other").await {
        Err(Error::Storage(StorageError::Exists { .. })) => {}
        Err(error) => return Err(Broken(format!("it is refused for another reason: {error}"))),
        Ok(()) => return Err(Broken("it was replaced".to_owned())),
    }
    ensure(read(storage.open(key).await?).await? == TEXT, "the object was changed")
}

async fn raced(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let mut first = storage.create(key, 0).await?;
    first.write(TEXT).await?;
    first.seal().await?;
    // A storage may refuse the second writer at once, or when it commits.
    let second = async {
        let mut second = storage.create(key, 0).await?;
        second.write(b"other").await?;
        second.seal().await?;
        Ok::<_, Error>(second)
    };
    let second = second.await;
    first.commit().await?;
    let outcome = match second {
        Ok(second) => second.commit().await.map(|_| ()),
        Err(error) => Err(error),
    };
    let refused = matches!(outcome, Err(Error::Storage(StorageError::Exists { .. })));
    ensure(refused, "the second one was not refused as existing")?;
    ensure(read(storage.open(key).await?).await? == TEXT, "the second one won")
}

async fn missing(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    require_absent(storage, key).await?;
    ensure(!storage.discard_unfinished(key).await?, "there was something to clean up")?;
    Ok(storage.delete(key).await?)
}

async fn deleted(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    put(storage, key, TEXT).await?;
    storage.delete(key).await?;
    require_absent(storage, key).await?;
    put(storage, key, b"again").await?;
    ensure(read(storage.open(key).await?).await? == b"again", "old bytes came back")
}

async fn listed(storage: &dyn Storage, keys: &Keys) -> Kept {
    for name in ["list-b", "list-a", "list-a.json", "lis"] {
        put(storage, &keys.key(name), TEXT).await?;
    }
    let found = storage.list(keys.key("list-").as_str()).await?;
    let wanted = ["list-a", "list-a.json", "list-b"].map(|name| keys.key(name));
    ensure(found.iter().map(|object| &object.key).eq(&wanted), "it has other objects")?;
    ensure(found.iter().all(|object| object.size == TEXT.len() as u64), "a size is wrong")?;
    let none = storage.list(keys.key("list-c").as_str()).await?;
    ensure(none.is_empty(), "objects of another prefix are listed")
}

async fn put(storage: &dyn Storage, key: &ObjectKey, bytes: &[u8]) -> Result<()> {
    let mut writer = storage.create(key, bytes.len() as u64).await?;
    writer.write(bytes).await?;
    writer.seal().await?;
    writer.commit().await.map(|_| ())
}

async fn read(mut reader: ObjectReader) -> Kept<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

async fn require_absent(storage: &dyn Storage, key: &ObjectKey) -> Kept {
    let absent =
        |error: Option<Error>| matches!(error, Some(Error::Storage(StorageError::NotFound { .. })));
    ensure(absent(storage.stat(key).await.err()), "`stat` does not say that it is missing")?;
    ensure(absent(storage.open(key).await.err()), "`open` does not say that it is missing")?;
    ensure(storage.list(key.as_str()).await?.is_empty(), "it is listed")
}
