//! What was found while reading: problems, warnings, and the lines they stand on.
//!
//! Owns the order. It never sees a value, so no value can end up in a message by accident.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::ConfigProblem;

/// The growing list of what is wrong with one file.
pub(super) struct Findings {
    /// Offsets of all line breaks.
    breaks: Vec<usize>,
    /// The folder for relative paths.
    base: PathBuf,
    problems: Vec<ConfigProblem>,
    warnings: Vec<(Option<usize>, String)>,
}

impl Findings {
    pub(super) fn new(text: &str, base: &Path) -> Self {
        Self {
            breaks: text.match_indices('\n').map(|(offset, _)| offset).collect(),
            base: base.to_path_buf(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// The line, counted from 1, on which `span` begins.
    pub(super) fn line(&self, span: Option<Range<usize>>) -> Option<usize> {
        span.map(|span| self.breaks.partition_point(|at| *at < span.start) + 1)
    }

    pub(super) fn report(&mut self, line: Option<usize>, key: String, message: impl Into<String>) {
        self.report_near(line, key, message, None);
    }

    pub(super) fn report_near(
        &mut self,
        line: Option<usize>,
        key: String,
        message: impl Into<String>,
        suggestion: Option<&str>,
    ) {
        self.problems.push(ConfigProblem {
            line,
            key,
            message: message.into(),
            suggestion: suggestion.map(str::to_owned),
        });
    }

    pub(super) fn warn(&mut self, line: Option<usize>, message: impl Into<String>) {
        self.warnings.push((line, message.into()));
    }

    /// All problems in file order; what has no line comes last.
    pub(super) fn into_problems(mut self) -> Vec<ConfigProblem> {
        self.problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        self.problems
    }

    /// The warnings in file order, or the problems if there is any.
    pub(super) fn finish(mut self) -> Result<Vec<String>, Vec<ConfigProblem>> {
        if !self.problems.is_empty() {
            return Err(self.into_problems());
        }
        self.warnings.sort_by_key(|(line, _)| line.unwrap_or(usize::MAX));
        let sentence = |(line, message)| match line {
            Some(line) => format!("line {line}: {message}"),
            None => message,
        };
        Ok(self.warnings.into_iter().map(sentence).collect())
    }
}
