//! Prints what was measured: medians, ratios, shares.

use comfy_table::Table;
use kronos_engine::units::bytes;

use super::measure::Measured;

/// Time and size of all contenders; the first one is what the others are compared with.
#[expect(clippy::cast_precision_loss, reason = "ratios with two digits")]
pub fn comparison(names: &[&str], results: &[Vec<Measured>], raw: u64) {
    let mut table = Table::new();
    table.set_header([
        "",
        "median",
        "fastest–slowest",
        "× faster",
        "archive",
        "ratio",
        "of gzip -6",
        "peak memory",
    ]);
    let baseline = median(&results[0], |run| run.seconds);
    let baseline_ratio = raw as f64 / median(&results[0], |run| run.bytes as f64);
    for (name, runs) in names.iter().zip(results) {
        let seconds = median(runs, |run| run.seconds);
        let size = median(runs, |run| run.bytes as f64);
        let ratio = raw as f64 / size;
        let (fastest, slowest) = range(runs);
        table.add_row([
            (*name).to_owned(),
            format!("{seconds:.2} s"),
            format!("{fastest:.2}–{slowest:.2} s"),
            format!("{:.2}", baseline / seconds),
            bytes(runs.first().map_or(0, |run| run.bytes)),
            format!("{ratio:.3}"),
            format!("{:.1} %", 100.0 * ratio / baseline_ratio),
            bytes(runs.iter().map(|run| run.peak).max().unwrap_or(0)),
        ]);
    }
    println!("\nDatabase of {}, medians of {} rounds\n{table}", bytes(raw), results[0].len());
}

/// Where the time of a run goes.
pub fn phases(runs: &[Measured]) {
    let Some(first) = runs.first() else { return };
    let whole = median(runs, |run| run.seconds);
    println!("\nWhere the time goes, gzip balanced:");
    for (index, (name, _)) in first.phases.iter().enumerate() {
        let seconds =
            median(runs, |run| run.phases.get(index).map_or(0.0, |(_, seconds)| *seconds));
        println!("  {name:<10} {seconds:6.2} s  {:3.0} %", 100.0 * seconds / whole);
    }
}

/// The bars that Kronos sets itself, and whether this run on this computer held them. A missed one
/// is said, not failed: a busy computer is no defect.
#[expect(clippy::cast_precision_loss, reason = "ratios with two digits")]
pub fn bars(baseline: &[Measured], kronos: &[Measured]) {
    let times = median(baseline, |run| run.seconds) / median(kronos, |run| run.seconds);
    let ratio = median(baseline, |run| run.bytes as f64) / median(kronos, |run| run.bytes as f64);
    let peak = kronos.iter().map(|run| run.peak).max().unwrap_or(0);
    println!("\nThe bars:");
    let bar =
        |held: bool, text: String| println!("  {} {text}", if held { "held  " } else { "MISSED" });
    bar(times >= 5.0, format!("at least 5 times as fast: {times:.2}"));
    bar(ratio >= 0.96, format!("at least 96 % of the ratio of gzip -6: {:.1} %", ratio * 100.0));
    bar(peak < 150_000_000, format!("less than 150 MB of memory: {}", bytes(peak)));
}

/// One line for one run.
pub fn single(name: &str, run: &Measured) {
    println!("{name:<16} {:6.2} s, peak memory {}", run.seconds, bytes(run.peak));
}

fn median(runs: &[Measured], value: impl Fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn range(runs: &[Measured]) -> (f64, f64) {
    let seconds = runs.iter().map(|run| run.seconds);
    (seconds.clone().fold(f64::INFINITY, f64::min), seconds.fold(0.0, f64::max))
}
