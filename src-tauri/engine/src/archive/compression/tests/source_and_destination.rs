//! Sources and destinations that fail, stall, dawdle or panic; memory; threads.

use super::super::pool::{Pool, Work};
use super::super::{queue_depth, seal};
use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

const DISK_FULL: &str = "no space left on the test disk";

/// A destination that takes `room` bytes and then fails.
struct Full {
    room: usize,
}

impl Write for Full {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.len() > self.room {
            return Err(io::Error::new(io::ErrorKind::StorageFull, DISK_FULL));
        }
        self.room -= data.len();
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn encoder<W: Write + Send + 'static>(destination: W) -> StreamEncoder<W> {
    StreamEncoder::with_workers(destination, fast(Codec::Gzip), 2).expect("encoder")
}

fn assert_disk_full(error: &io::Error) {
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(error.to_string(), DISK_FULL);
    assert!(StreamError::of(error).is_none());
}

#[test]
fn a_destination_that_fails_ends_the_stream() {
    let mut encoder = encoder(Full { room: 2_000_000 });
    let block = noise(BLOCK_SIZE, 1);
    let error = (0..20).find_map(|_| encoder.write_all(&block).err()).expect("an error in time");
    assert_disk_full(&error);
    assert_disk_full(&encoder.write(b"x").expect_err("still failed"));
    assert_disk_full(&encoder.flush().expect_err("still failed"));
    assert_disk_full(&encoder.finish().err().expect("still failed"));
}

#[test]
fn a_destination_that_fails_at_the_very_end_is_noticed() {
    let mut sealless = encoder(Full { room: 0 });
    sealless.write_all(b"few bytes").expect("buffered");
    assert_disk_full(&sealless.finish().err().expect("no room"));

    let block = records(&encode(b"few bytes", Codec::Gzip).0, Codec::Gzip).swap_remove(0);
    let mut sealless = encoder(Full { room: block.len() });
    sealless.write_all(b"few bytes").expect("buffered");
    assert_disk_full(&sealless.finish().err().expect("no room for the seal"));
}

#[test]
fn a_failure_is_noticed_by_a_small_write_too() {
    let mut encoder = encoder(Full { room: 0 });
    encoder.write_all(&vec![0; BLOCK_SIZE]).expect("under way");
    let error = (0..2000).find_map(|_| {
        thread::sleep(Duration::from_millis(5));
        encoder.write(b"x").err()
    });
    assert_disk_full(&error.expect("an error in time"));
}

struct Panics;

impl Write for Panics {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("a test destination that panics");
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Panics {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("a test source that panics");
    }
}

#[test]
fn a_panic_at_either_end_is_an_error_and_not_a_hang() {
    let mut encoder = encoder(Panics);
    encoder.write_all(b"x").expect("buffered");
    assert!(encoder.finish().is_err());
    let mut decoder = StreamDecoder::new(Panics).expect("decoder");
    assert!(decoder.read(&mut [0; 1]).is_err());
    assert!(decoder.read(&mut [0; 1]).is_err());
}

/// A destination that can be looked into.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("lock").write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn dropping_an_encoder_leaves_no_seal() {
    for codec in Codec::ALL {
        for size in [0, 10, BLOCK_SIZE, 6 * BLOCK_SIZE + 1] {
            let stored = Shared::default();
            let mut encoder = StreamEncoder::new(stored.clone(), fast(codec)).expect("encoder");
            encoder.write_all(&text(size)).expect("write");
            drop(encoder);
            let stored = stored.0.lock().expect("lock").clone();
            assert!(matches!(refusal(&stored), Some(StreamError::Truncated { .. })));
            let prefix = codec.layout().seal_prefix;
            assert!(!stored.windows(prefix.len()).any(|window| window == prefix));
        }
    }
}

#[test]
fn dropping_a_decoder_early_neither_hangs_nor_reads_on() {
    let (stored, _) = encode(&noise(40 * BLOCK_SIZE, 2), Codec::Gzip);
    let total = stored.len();
    let (source, read) = Counted::new(Cursor::new(stored));
    let mut decoder = StreamDecoder::with_workers(source, 2).expect("decoder");
    decoder.read_exact(&mut [0; 10]).expect("read");
    drop(decoder);
    thread::sleep(Duration::from_millis(300));
    assert!(read.load(Ordering::SeqCst) < total / 2);

    // Nobody will ever answer this source.
    let (source, writer) = io::pipe().expect("pipe");
    drop(StreamDecoder::new(source).expect("decoder"));
    drop(writer);
}

/// Counts what is read from a source, and may fail.
struct Counted<R> {
    source: R,
    read: Arc<AtomicUsize>,
    fail_after: Option<(usize, io::ErrorKind)>,
}

impl<R> Counted<R> {
    fn new(source: R) -> (Self, Arc<AtomicUsize>) {
        let read = Arc::<AtomicUsize>::default();
        (Self { source, read: Arc::clone(&read), fail_after: None }, read)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let so_far = self.read.load(Ordering::SeqCst);
        if let Some((limit, kind)) = self.fail_after
            && so_far >= limit
        {
            return Err(kind.into());
        }
        let count = self.source.read(space)?;
        self.read.store(so_far + count, Ordering::SeqCst);
        Ok(count)
    }
}

#[test]
fn an_error_of_the_source_is_not_taken_for_damage() {
    for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof] {
        for limit in [0, 5, 17, 100_000] {
            let (stored, _) = encode(&noise(3 * BLOCK_SIZE, 2), Codec::Zstd);
            let (mut source, _) = Counted::new(Cursor::new(stored));
            source.fail_after = Some((limit, kind));
            let mut decoder = StreamDecoder::new(source).expect("decoder");
            for _ in 0..2 {
                let error = io::copy(&mut decoder, &mut io::sink()).expect_err("a failing source");
                assert_eq!(error.kind(), kind);
                assert!(StreamError::of(&error).is_none());
            }
        }
    }
}

/// Gives a few bytes at a time, with pauses and interruptions.
struct Dawdling {
    source: Cursor<Vec<u8>>,
    calls: usize,
}

impl Read for Dawdling {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        match self.calls % 50 {
            0 => Err(io::ErrorKind::Interrupted.into()),
            call => {
                thread::sleep(Duration::from_micros(20));
                let count = space.len().min(call * 7);
                self.source.read(&mut space[..count])
            }
        }
    }
}

#[test]
fn a_slow_source_gives_the_same_data() {
    let data = text(2 * BLOCK_SIZE + 9);
    for codec in Codec::ALL {
        let (stored, stats) = encode(&data, codec);
        let source = Dawdling { source: Cursor::new(stored), calls: 0 };
        let mut decoder = StreamDecoder::new(source).expect("decoder");
        let mut restored = Vec::new();
        decoder.read_to_end(&mut restored).expect("read");
        assert!(restored == data);
        assert_eq!(decoder.stats(), Some(&stats));
    }
}

/// A destination that takes nothing until its gate opens.
#[derive(Clone, Default)]
struct Gated(Arc<(Mutex<bool>, Condvar)>);

impl Gated {
    fn open(&self) {
        *self.0.0.lock().expect("lock") = true;
        self.0.1.notify_all();
    }
}

impl Write for Gated {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let open = self.0.0.lock().expect("lock");
        drop(self.0.1.wait_while(open, |open| !*open).expect("wait"));
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until `count` has not moved for a while and gives its value.
fn settled(count: &AtomicUsize) -> usize {
    let mut last = usize::MAX;
    loop {
        let now = count.load(Ordering::SeqCst);
        if now == last {
            return now;
        }
        last = now;
        thread::sleep(Duration::from_millis(500));
    }
}

/// The blocks that the documentation of both ends allows to be under way.
fn most_blocks(workers: usize) -> usize {
    queue_depth(workers) + 3
}

#[test]
fn a_stalled_destination_stops_the_producer() {
    let gate = Gated::default();
    let accepted = Arc::<AtomicUsize>::default();
    let mut encoder = encoder(gate.clone());
    let counter = Arc::clone(&accepted);
    let producer = thread::spawn(move || {
        let part = vec![7; BLOCK_SIZE / 8];
        for _ in 0..40 * 8 {
            encoder.write_all(&part).expect("write");
            counter.fetch_add(part.len(), Ordering::SeqCst);
        }
        encoder.finish().expect("finish").1
    });
    let stalled_at = settled(&accepted);
    assert!(stalled_at <= most_blocks(2) * BLOCK_SIZE, "{stalled_at}");
    gate.open();
    assert_eq!(producer.join().expect("join").raw_bytes, 40 * BLOCK_SIZE as u64);
}

#[test]
fn a_stalled_consumer_stops_the_reading() {
    let (stored, stats) = encode(&noise(40 * BLOCK_SIZE, 6), Codec::Gzip);
    let frame = stored.len() / 40 + 1;
    let (source, read) = Counted::new(Cursor::new(stored));
    let mut decoder = StreamDecoder::with_workers(source, 2).expect("decoder");
    decoder.read_exact(&mut [0; 10]).expect("read");
    let stalled_at = settled(&read);
    assert!(stalled_at <= most_blocks(2) * frame, "{stalled_at}");
    assert_eq!(decoder.finish().expect("finish"), stats);
}

struct Explosive;

impl Work for Explosive {
    type Job = u32;
    type Answer = u32;

    fn run(&mut self, job: u32) -> u32 {
        assert!(job != 3, "a test worker that panics");
        job * 2
    }
}

#[test]
fn a_worker_that_panics_fails_its_ticket_and_no_other_hangs() {
    let mut pool = Pool::new(2, || Ok(Explosive));
    let answers: Vec<Option<u32>> = (0..10)
        .map(|job| pool.submit(job).expect("submit"))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|ticket| ticket.wait().ok())
        .collect();
    assert_eq!(answers[..3], [Some(0), Some(2), Some(4)]);
    assert_eq!(answers[3], None);
    assert_eq!(answers[9], Some(18), "the other thread goes on");
}

#[test]
fn a_worker_that_cannot_start_is_an_error() {
    let mut pool: Pool<Explosive> = Pool::new(2, || Err(io::ErrorKind::OutOfMemory.into()));
    assert!(pool.submit(1).is_err());
}

#[test]
fn cancelled_jobs_fail_and_do_not_hang() {
    let mut pool = Pool::new(1, || Ok(Explosive));
    pool.cancel();
    assert!(pool.submit(1).expect("submit").wait().is_err());
}

#[test]
fn both_ends_can_move_to_another_thread() {
    fn assert_send<T: Send>(_: &T) {}
    assert_send(&encoder(Vec::new()));
    assert_send(&StreamDecoder::new(io::empty()).expect("decoder"));
}

#[test]
fn a_proof_is_as_long_as_its_layouts_say() {
    for codec in Codec::ALL {
        let layout = codec.layout();
        let announced = match codec {
            Codec::Gzip => usize::from(layout.seal_prefix[14]),
            Codec::Zstd => usize::from(layout.seal_prefix[4]),
        };
        assert_eq!(announced, seal::PROOF_LEN);
        assert_eq!(layout.seal_prefix.len(), layout.block_prefix.len());
    }
}
