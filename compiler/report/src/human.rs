//! For people: what the verdict rests on, the findings in miette's graphical form, then what was
//! accepted, attained and left open, and one line that says what it comes to.

mod assumptions;
mod finding;
mod matrix;
mod tables;
mod verdicts;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};
use owo_colors::{OwoColorize as _, Style};
use thrice_diagnostics::{Diagnostic, Severity, SourceMap};

use crate::report::{Outcome, Report};
use crate::text;

/// How a report is shown.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns to fill; less than 40 counts as 40.
    pub width: usize,
    /// Whether to write colour codes.
    pub color: bool,
    /// Whether frames and signs may leave ASCII.
    pub unicode: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 100,
            color: false,
            unicode: true,
        }
    }
}

/// The whole report.
#[must_use]
pub fn render(report: &Report, sources: &SourceMap, options: Options) -> String {
    let mut page = Page::new(sources, options);
    tables::head(&mut page, report);
    assumptions::render(&mut page, report);
    page.findings(&report.findings);
    tables::accepted(&mut page, &report.accepted);
    verdicts::render(&mut page, &report.verdicts);
    verdicts::plays(&mut page, &report.plays);
    matrix::render(&mut page, &report.survival);
    tables::open_ends(&mut page, report);
    tables::scope(&mut page, report);
    tables::overview(&mut page, report);
    let style = match report.outcome() {
        Outcome::Safe => page.theme.styles.help.bold(),
        Outcome::Undecided => page.theme.styles.warning.bold(),
        _ => page.theme.styles.error.bold(),
    };
    page.gap();
    let summary = page.paint(&report.summary(), style);
    page.wrapped("", &summary);
    page.out
}

/// The findings alone, for verbs that decide nothing.
#[must_use]
pub fn findings(findings: &[Diagnostic], sources: &SourceMap, options: Options) -> String {
    let mut page = Page::new(sources, options);
    page.findings(findings);
    page.out
}

/// A message and the statements that it is about, each shown in its file.
#[must_use]
pub fn statements(message: &Diagnostic, sources: &SourceMap, options: Options) -> String {
    let mut page = Page::new(sources, options);
    finding::statements(&mut page, message);
    page.out
}

/// The text so far, and how to write more of it.
struct Page<'a> {
    out: String,
    sources: &'a SourceMap,
    options: Options,
    theme: GraphicalTheme,
    handler: GraphicalReportHandler,
}

impl<'a> Page<'a> {
    fn new(sources: &'a SourceMap, options: Options) -> Self {
        let options = Options {
            width: options.width.max(40),
            ..options
        };
        let theme = GraphicalTheme {
            characters: if options.unicode {
                ThemeCharacters::unicode()
            } else {
                ThemeCharacters::ascii()
            },
            styles: if options.color {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        };
        let handler = GraphicalReportHandler::new_themed(theme.clone())
            .with_width(options.width)
            .with_context_lines(crate::excerpt::CONTEXT)
            .with_links(false)
            .tab_width(4)
            .without_syntax_highlighting();
        Self {
            out: String::new(),
            sources,
            options,
            theme,
            handler,
        }
    }

    fn findings(&mut self, findings: &[Diagnostic]) {
        let (notes, others): (Vec<_>, Vec<_>) =
            findings.iter().partition(|f| f.severity == Severity::Note);
        for finding in others {
            self.gap();
            finding::render(self, finding);
        }
        if !notes.is_empty() {
            self.heading("notes");
            for note in notes {
                finding::note(self, note);
            }
        }
    }

    /// An empty line, unless nothing stands before it.
    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.gap();
        let heading = self.strong(text);
        self.line(&heading);
    }

    /// Lines of text, wrapped, the first with `first` before it and the rest below its end.
    fn wrapped(&mut self, first: &str, text: &str) {
        let rest = " ".repeat(textwrap::core::display_width(first));
        let options = textwrap::Options::new(self.options.width)
            .initial_indent(first)
            .subsequent_indent(&rest)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for line in textwrap::wrap(text, options) {
            self.line(&line);
        }
    }

    fn bullet(&mut self, text: &str) {
        self.wrapped("  - ", text);
    }

    fn clean(&self, text: &str) -> String {
        text::line(text, self.options.unicode)
    }

    fn strong(&self, text: &str) -> String {
        self.paint(text, Style::new().bold())
    }

    fn paint(&self, text: &str, style: Style) -> String {
        if self.options.color {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }

    fn dash(&self) -> &'static str {
        if self.options.unicode { "–" } else { "-" }
    }
}
