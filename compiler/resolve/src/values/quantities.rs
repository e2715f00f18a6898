//! Numbers with units, and intervals of them.

use thrice_diagnostics::{Code, Diagnostic, Span};
use thrice_grammar::TokenKind;
use thrice_quantity::{
    Bytes, BytesPerDay, BytesPerSecond, CalendarSpan, Dimension, Interval, Money, MoneyPerMonth,
    QuantityError, Ratio, RatioPerMonth, Seconds, Value, count, quantity_in, unit,
};

use crate::codes::{
    MISSING_UNIT, OUT_OF_RANGE, REVERSED, UNKNOWN_UNIT, WRONG_DIMENSION, WRONG_VALUE,
};
use crate::cursor::Cursor;

/// A hundred years. A time that is longer leads out of all calendars.
pub const LONGEST: Seconds = Seconds::days(36_525);

/// A type that quantities of one dimension become.
pub trait Measure: Sized + Copy {
    /// The dimension.
    const DIMENSION: Dimension;
    /// The value, if it is of that dimension.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! measures {
    ($($type:ident = $variant:ident;)*) => {$(
        impl Measure for $type {
            const DIMENSION: Dimension = Dimension::$variant;
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )*};
}

measures! {
    Bytes = Size;
    Seconds = Duration;
    CalendarSpan = Span;
    Money = Money;
    MoneyPerMonth = MonthlyCost;
    Ratio = Ratio;
    BytesPerSecond = Bandwidth;
    BytesPerDay = VolumePerTime;
    RatioPerMonth = RelativeGrowth;
}

/// Words that may follow a quantity and are no units, so that `after 30 by upload` lacks one.
fn goes_on(word: &str) -> bool {
    matches!(
        word,
        "by" | "since"
            | "until"
            | "for"
            | "on"
            | "with"
            | "of"
            | "at"
            | "in"
            | "and"
            | "to"
            | "from"
            | "keep"
            | "within"
            | "x"
            | "except"
    )
}

/// A number and the unit behind it, as they stand.
struct Written<'a> {
    number: &'a str,
    unit: Option<&'a str>,
    span: Span,
}

impl<'a> Cursor<'a> {
    /// One quantity: `cursor.quantity::<Bytes>()` reads `80 GB`.
    pub fn quantity<M: Measure>(&mut self) -> Option<(M, Span)> {
        let (low, high, span) = self.ends(&[M::DIMENSION])?;
        if low != high {
            let message = "one value is expected, not an interval";
            let help = format!("write one, such as `{}`", M::DIMENSION.example());
            return self.error(WRONG_VALUE, span, message, "an interval", help);
        }
        Some((M::from_value(low)?, span))
    }

    /// An interval, or one quantity as the interval that holds it alone: `5..30 MB`, `1m..15m`.
    pub fn interval<M: Measure + PartialOrd>(&mut self) -> Option<(Interval<M>, Span)> {
        let (low, high, span) = self.ends(&[M::DIMENSION])?;
        self.in_order(M::from_value(low)?, M::from_value(high)?, span)
    }

    /// The ends of an interval of any of these dimensions, both of the same: not yet in order, see
    /// [`Self::in_order`].
    pub fn ends(&mut self, wanted: &[Dimension]) -> Option<(Value, Value, Span)> {
        let mut first = self.written(wanted)?;
        if !self.take_operator("..") {
            let value = self.value(&first, wanted)?;
            return Some((value, value, first.span));
        }
        let second = self.written(wanted)?;
        let span = first.span.to(second.span);
        if first.unit.is_none() {
            first.unit = second.unit;
            first.span = span;
        }
        let low = self.value(&first, wanted)?;
        let high = self.value(&second, &[low.dimension()])?;
        Some((low, high, span))
    }

    /// The interval, or a message that its ends are reversed.
    pub fn in_order<M: Copy + PartialOrd>(
        &mut self,
        low: M,
        high: M,
        span: Span,
    ) -> Option<(Interval<M>, Span)> {
        match Interval::new(low, high) {
            Ok(interval) => Some((interval, span)),
            Err(_) => {
                let written = self.cx.text(span);
                let message = format!("the interval `{written}` is the wrong way round");
                let help = "write the lesser value first, both in the same currency if it is money";
                self.error(REVERSED, span, message, "reversed", help)
            }
        }
    }

    /// A number that counts things: `30`.
    pub fn count(&mut self, what: &str) -> Option<(u32, Span)> {
        if self.peek_kind() != Some(TokenKind::Number) {
            return self.wrong(what, "write a whole number without a unit");
        }
        let token = self.advance()?;
        match count(self.cx.text(token.span)) {
            Ok(number) => match u32::try_from(number) {
                Ok(number) => Some((number, token.span)),
                Err(_) => {
                    let message = format!("`{number}` is too large");
                    let help = format!("at most {}", u32::MAX);
                    self.error(OUT_OF_RANGE, token.span, message, "out of range", help)
                }
            },
            Err(error) => {
                self.bad_quantity(&error, token.span);
                None
            }
        }
    }

    /// A number from `low` to `high` without a unit.
    pub fn count_within(&mut self, what: &str, low: u32, high: u32) -> Option<(u32, Span)> {
        let (number, span) = self.count(what)?;
        if (low..=high).contains(&number) {
            return Some((number, span));
        }
        let message = format!("`{number}` is out of range for {what}");
        let help = if high == u32::MAX {
            format!("write {low} or more")
        } else {
            format!("write a number from {low} to {high}")
        };
        self.error(OUT_OF_RANGE, span, message, "out of range", help)
    }

    fn written(&mut self, wanted: &[Dimension]) -> Option<Written<'a>> {
        let dimension = wanted.first().copied().unwrap_or(Dimension::Size);
        if self.peek_kind() != Some(TokenKind::Number) {
            let help = format!("for example `{}`", dimension.example());
            return self.wrong(dimension.name(), &help);
        }
        let text = self.peek_text();
        let number = self.advance()?;
        let mut written = Written {
            number: text,
            unit: None,
            span: number.span,
        };
        if let Some(token) = self.peek()
            && matches!(token.kind, TokenKind::Name | TokenKind::Percent)
        {
            let text = self.peek_text();
            if !goes_on(text) || unit(text).is_some() {
                self.advance();
                written.unit = Some(text);
                written.span = number.span.to(token.span);
            }
        }
        Some(written)
    }

    fn value(&mut self, written: &Written<'_>, wanted: &[Dimension]) -> Option<Value> {
        match quantity_in(written.number, written.unit.unwrap_or(""), wanted) {
            Ok(Value::Duration(time)) if time > LONGEST => {
                let message = "this is longer than anything that a policy speaks of";
                let help = "a hundred years at most; what has no end is better left out";
                self.error(OUT_OF_RANGE, written.span, message, "out of range", help)
            }
            Ok(value) => Some(value),
            Err(error) => {
                self.bad_quantity(&error, written.span);
                None
            }
        }
    }

    fn bad_quantity(&mut self, error: &QuantityError, span: Span) {
        let (code, label): (Code, &str) = match error {
            QuantityError::BadNumber { .. } => (WRONG_VALUE, "not a number"),
            QuantityError::MissingUnit { .. } => (MISSING_UNIT, "a unit is missing"),
            QuantityError::UnknownUnit { .. } => (UNKNOWN_UNIT, "unknown unit"),
            QuantityError::WrongDimension { found, .. } => (WRONG_DIMENSION, found.name()),
            QuantityError::Overflow { .. } => (OUT_OF_RANGE, "out of range"),
            QuantityError::PrecisionLoss { .. } => (OUT_OF_RANGE, "finer than can be held"),
        };
        let text = error.to_string();
        let (message, help) = split(&text);
        let found = Diagnostic::error(code, message).at(span, label);
        self.complain(match help {
            Some(help) => found.help(help),
            None => found.help("check the unit"),
        });
    }
}

/// The sentence of an error is "what is wrong[;,] what is wanted": the second half is the help.
fn split(text: &str) -> (&str, Option<&str>) {
    let at_semicolon = text.split_once("; ");
    match at_semicolon {
        Some((message, help)) => (message, Some(help)),
        None => match text.rfind(", ").and_then(|_| text.split_once(", ")) {
            Some((message, help)) => (message, Some(help)),
            None => (text, None),
        },
    }
}
