//! Prints what was measured: medians, ratios, shares, the bars.
//!
//! Owns the words and the bars. A missed bar is said, not failed: a busy computer is no defect.

use comfy_table::Table;
use kronos_engine::units::bytes;

use super::contest::{Contender, Role};
use super::measure::Measured;

/// The most memory that Kronos may need.
const MOST_MEMORY: u64 = 150_000_000;

/// Time and size of all contenders; the first one is what the others are compared with.
pub fn comparison(contenders: &[Contender], raw: u64) {
    let mut table = Table::new();
    let header = [
        "",
        "median",
        "fastest–slowest",
        "× faster",
        "archive",
        "ratio",
        "of gzip -6",
        "peak memory",
    ];
    table.set_header(header);
    let first = &contenders[0];
    for contender in contenders {
        let (fastest, slowest) = range(contender);
        table.add_row([
            contender.name.clone(),
            format!("{:.2} s", seconds(contender)),
            format!("{fastest:.2}–{slowest:.2} s"),
            format!("{:.2}", seconds(first) / seconds(contender)),
            bytes(stored(contender)),
            format!("{:.3}", ratio(raw, stored(contender))),
            format!("{:.1} %", 100.0 * ratio(stored(first), stored(contender))),
            bytes(peak(contender)),
        ]);
    }
    println!("\nDatabase of {}, medians of {} rounds\n{table}", bytes(raw), first.runs.len());
}

/// Time, size, memory and processor time of all contenders on a server; the fastest rival is what the
/// others are compared with.
pub fn server_comparison(title: &str, contenders: &[Contender], raw: u64) {
    let mut table = Table::new();
    let header = [
        "",
        "median",
        "fastest–slowest",
        "× faster",
        "archive",
        "size",
        "memory",
        "tool's",
        "processor: server",
        "tool",
        "itself",
    ];
    table.set_header(header);
    let rival = best_rival(contenders);
    for contender in contenders {
        let (fastest, slowest) = range(contender);
        let kept = contender.role != Role::Floor;
        let size = || format!("{:.1} %", 100.0 * ratio(stored(contender), stored(rival)));
        table.add_row([
            contender.name.clone(),
            format!("{:.2} s", seconds(contender)),
            format!("{fastest:.2}–{slowest:.2} s"),
            format!("{:.2}", seconds(rival) / seconds(contender)),
            if kept { bytes(stored(contender)) } else { String::new() },
            if kept { size() } else { String::new() },
            bytes(peak(contender)),
            bytes(contender.runs.iter().map(|run| run.tools.peak).max().unwrap_or(0)),
            format!("{:.1} s", median(contender, |run| run.server)),
            format!("{:.1} s", median(contender, |run| run.tools.processor)),
            format!("{:.1} s", median(contender, |run| run.own.processor)),
        ]);
    }
    let rounds = rival.runs.len();
    println!(
        "\n{title}, database of {}, medians of {rounds} rounds; 100 % is {}\n{table}",
        bytes(raw),
        rival.name
    );
}

/// Where the time of the default goes.
pub fn phases(contenders: &[Contender]) {
    let Some(default) = default_of(contenders) else { return };
    let Some(first) = default.runs.first() else { return };
    println!("\nWhere the time goes, {}:", default.name);
    for (index, (name, _)) in first.phases.iter().enumerate() {
        let share =
            median(default, |run| run.phases.get(index).map_or(0.0, |(_, seconds)| *seconds));
        println!("  {name:<10} {share:6.2} s  {:3.0} %", 100.0 * share / seconds(default));
    }
}

/// What limits the default: how far it is from the tool alone, and how busy the processors were.
#[expect(clippy::cast_precision_loss, reason = "a handful of cores")]
pub fn limits(contenders: &[Contender]) {
    let floor = contenders.iter().find(|contender| contender.role == Role::Floor);
    let (Some(default), Some(floor)) = (default_of(contenders), floor) else { return };
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
    let (whole, alone) = (seconds(default), seconds(floor));
    let server = median(default, |run| run.server);
    let tool = median(default, |run| run.tools.processor);
    let own = median(default, |run| run.own.processor);
    let all = server + tool + own;
    println!("\nWhat limits it, {}:", default.name);
    println!("  the server and its tool alone need {alone:.2} s of its {whole:.2} s");
    println!(
        "  of {:.1} s on {cores:.0} cores, {:.0} % were used by it: server {:.0} %, tool {:.0} %, Kronos {:.0} %",
        whole * cores,
        100.0 * all / (whole * cores),
        100.0 * server / all,
        100.0 * tool / all,
        100.0 * own / all,
    );
}

/// The bars for SQLite.
pub fn sqlite_bars(contenders: &[Contender]) {
    let Some(default) = default_of(contenders) else { return };
    let times = seconds(&contenders[0]) / seconds(default);
    let ratio = 100.0 * ratio(stored(&contenders[0]), stored(default));
    println!("\nThe bars:");
    bar(times >= 5.0, &format!("at least 5 times as fast: {times:.2}"));
    bar(ratio >= 96.0, &format!("at least 96 % of the ratio of gzip -6: {ratio:.1} %"));
    memory_bar(contenders);
}

/// The bars for a server, for each setting: time and size of the fastest rival.
pub fn server_bars(contenders: &[Contender]) {
    let rival = best_rival(contenders);
    println!("\nThe bars, against {}:", rival.name);
    for kronos in contenders.iter().filter(|contender| contender.role == Role::Kronos) {
        let (times, size) =
            (seconds(rival) / seconds(kronos), ratio(stored(kronos), stored(rival)));
        let text =
            format!("{}: {times:.2} times as fast, {:.1} % of its size", kronos.name, 100.0 * size);
        bar(times >= 1.0 && size <= 1.0, &text);
    }
    memory_bar(contenders);
}

fn memory_bar(contenders: &[Contender]) {
    let kronos = contenders.iter().filter(|contender| contender.role == Role::Kronos);
    let most = kronos.map(peak).max().unwrap_or(0);
    bar(
        most < MOST_MEMORY,
        &format!("less than {} of memory: {}", bytes(MOST_MEMORY), bytes(most)),
    );
}

fn bar(held: bool, text: &str) {
    println!("  {} {text}", if held { "held  " } else { "MISSED" });
}

/// One line for one run, which must have succeeded.
pub fn single(name: &str, run: &Measured) {
    assert_eq!(run.status, Some(0), "{name} failed");
    println!("{name:<16} {:6.2} s, peak memory {}", run.seconds, bytes(run.own.peak));
}

fn default_of(contenders: &[Contender]) -> Option<&Contender> {
    contenders.iter().find(|contender| contender.role == Role::Kronos)
}

fn best_rival(contenders: &[Contender]) -> &Contender {
    let rivals = contenders.iter().filter(|contender| contender.role == Role::Rival);
    rivals.min_by(|one, other| seconds(one).total_cmp(&seconds(other))).expect("there is a rival")
}

fn seconds(contender: &Contender) -> f64 {
    median(contender, |run| run.seconds)
}

fn stored(contender: &Contender) -> u64 {
    contender.runs.last().map_or(0, |run| run.bytes)
}

fn peak(contender: &Contender) -> u64 {
    contender.runs.iter().map(|run| run.own.peak).max().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "ratios with a few digits")]
fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other as f64
}

fn median(contender: &Contender, value: impl Fn(&Measured) -> f64) -> f64 {
    let mut values: Vec<f64> = contender.runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn range(contender: &Contender) -> (f64, f64) {
    let seconds = contender.runs.iter().map(|run| run.seconds);
    (seconds.clone().fold(f64::INFINITY, f64::min), seconds.fold(0.0, f64::max))
}
