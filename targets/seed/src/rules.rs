//! The anonymisation matrix as rows of SQL.

use thrice_model::{Anonymise, SeedRule, Step};
use thrice_target::{Diagnostic, refusal};

use crate::origin::Origin;

/// The rules for one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The database.
    pub part: String,
    /// One statement that fills the table of rules.
    pub sql: String,
}

/// What a rule is about.
enum Field<'r> {
    Rest,
    Class,
    Part,
    /// `[SCHEMA.]TABLE.COLUMN`, `TABLE`
    Inside(Vec<&'r str>),
}

/// The databases that go, each with its rules.
///
/// # Errors
/// A rule is about something that is no part of the class, or of a form that no database has.
pub fn rules(step: &Step, origin: &Origin<'_>, all: &[SeedRule]) -> Result<Vec<Rules>, Diagnostic> {
    for rule in all {
        known(step, origin, rule)?;
    }
    let mut out = Vec::new();
    for (part, _) in &origin.class.parts {
        let mut rows = Vec::new();
        let mut goes = false;
        for rule in all {
            let Some(field) = field(origin, rule, part) else {
                continue;
            };
            goes |= rule.action != Anonymise::Skip;
            rows.push(row(&field, &rule.action));
        }
        if goes && !skipped(origin, all, part) {
            let sql = format!("INSERT INTO thrice_rule VALUES\n  {};", rows.join(",\n  "));
            out.push(Rules {
                part: part.clone(),
                sql,
            });
        }
    }
    Ok(out)
}

/// Whether a rule for a whole database, or for all of them, leaves it out, and nothing in it goes.
fn skipped(origin: &Origin<'_>, all: &[SeedRule], part: &str) -> bool {
    let inside = all
        .iter()
        .filter(|rule| matches!(field(origin, rule, part), Some(Field::Inside(_))));
    let mut goes_inside = inside.filter(|rule| rule.action != Anonymise::Skip);
    let of = |name: &str| all.iter().find(|rule| rule.field == name);
    let whole = of(part)
        .or_else(|| of(&origin.class.named.name))
        .or_else(|| of("rest"));
    goes_inside.next().is_none() && whole.is_none_or(|rule| rule.action == Anonymise::Skip)
}

/// What a rule says of a part; `None`: nothing.
fn field<'r>(origin: &Origin<'_>, rule: &'r SeedRule, part: &str) -> Option<Field<'r>> {
    let name = rule.field.as_str();
    if name == "rest" {
        return Some(Field::Rest);
    }
    if name == part {
        return Some(Field::Part);
    }
    if name == origin.class.named.name {
        return Some(Field::Class);
    }
    let inside = name.strip_prefix(part)?.strip_prefix('.')?;
    Some(Field::Inside(inside.split('.').collect()))
}

fn known(step: &Step, origin: &Origin<'_>, rule: &SeedRule) -> Result<(), Diagnostic> {
    let name = &step.named.name;
    let refuse = |code, message: String, help: &str| {
        Err(refusal::about(step, code, message)
            .at(rule.span, "this rule")
            .help(help))
    };
    let prefix = match &rule.action {
        Anonymise::Prefix(text) => text.as_str(),
        _ => "",
    };
    if rule
        .field
        .chars()
        .chain(prefix.chars())
        .any(char::is_control)
    {
        let message = format!("`{name}` has a rule with a text that no script can hold");
        return refuse(
            refusal::UNQUOTABLE,
            message,
            "rename it: no line breaks, no control characters",
        );
    }
    let fields: Vec<Field<'_>> = origin
        .class
        .parts
        .iter()
        .filter_map(|(part, _)| field(origin, rule, part))
        .collect();
    if fields.is_empty() {
        let message = format!(
            "`{name}` has a rule for `{}`, which is no part of `{}`",
            rule.field, origin.class.named.name
        );
        return refuse(
            refusal::UNSUPPORTED,
            message,
            "write PART.TABLE.COLUMN with a part that the class lists",
        );
    }
    let is_odd = fields.iter().any(|field| match field {
        Field::Inside(words) => words.len() > 3 || words.iter().any(|word| word.is_empty()),
        _ => false,
    });
    if is_odd {
        let message = format!(
            "`{name}` has a rule for `{}`, which is no column",
            rule.field
        );
        return refuse(
            refusal::UNSUPPORTED,
            message,
            "write PART.TABLE.COLUMN, PART.SCHEMA.TABLE.COLUMN or PART.TABLE",
        );
    }
    Ok(())
}

/// `(depth, schema, table, column, action, argument)`
fn row(field: &Field<'_>, action: &Anonymise) -> String {
    let (depth, schema, table, column) = match field {
        Field::Rest => (-2, None, None, None),
        Field::Class => (-1, None, None, None),
        Field::Part => (0, None, None, None),
        Field::Inside(words) => match words.as_slice() {
            [table] => (1, None, Some(*table), None),
            [table, column] => (2, None, Some(*table), Some(*column)),
            [schema, table, column] => (2, Some(*schema), Some(*table), Some(*column)),
            _ => (0, None, None, None),
        },
    };
    let (word, argument) = match action {
        Anonymise::Keep => ("keep", None),
        Anonymise::Redact => ("redact", None),
        Anonymise::Null => ("null", None),
        Anonymise::Hash => ("hash", None),
        Anonymise::Skip => ("skip", None),
        Anonymise::Prefix(text) => ("prefix", Some(text.as_str())),
    };
    let text = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), literal);
    format!(
        "({depth}, {}, {}, {}, '{word}', {})",
        text(schema),
        text(table),
        text(column),
        text(argument)
    )
}

/// A text as SQL with standard strings: only the quote is special (PostgreSQL, 4.1.2.1).
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
