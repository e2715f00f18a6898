//! Disk layouts: `mirror of 2 x 6 TB`.

use thrice_diagnostics::Span;
use thrice_quantity::Bytes;

use crate::codes::OUT_OF_RANGE;
use crate::cursor::Cursor;

/// What disks hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Room for data, redundancy taken off; nothing is taken off for a file system's own needs.
    pub usable: Bytes,
    /// The words.
    pub span: Span,
}

#[derive(Clone, Copy)]
enum Form {
    Mirror,
    Stripe,
    /// So many disks may fail.
    Raidz(u32),
}

const FORMS: [(&str, Form); 5] = [
    ("mirror", Form::Mirror),
    ("stripe", Form::Stripe),
    ("raidz1", Form::Raidz(1)),
    ("raidz2", Form::Raidz(2)),
    ("raidz3", Form::Raidz(3)),
];

impl Cursor<'_> {
    /// `mirror of 2 x 6 TB`
    pub fn layout(&mut self) -> Option<Layout> {
        let start = self.here();
        let (form, word) = self.choice("a layout", &FORMS)?;
        self.expect("of", "mirror of 2 x 6 TB")?;
        let (disks, counted) = self.count("a number of disks")?;
        self.expect("x", "mirror of 2 x 6 TB")?;
        let (size, _) = self.quantity::<Bytes>()?;
        let span = self.since(start);
        let (least, data) = match form {
            Form::Mirror => (2, 1),
            Form::Stripe => (1, disks),
            Form::Raidz(parity) => (parity + 2, disks.saturating_sub(parity)),
        };
        if disks < least {
            let message = format!("`{}` needs at least {least} disks", self.cx.text(word));
            let help = format!("for example `{} of {least} x 6 TB`", self.cx.text(word));
            return self.error(OUT_OF_RANGE, counted, message, "too few disks", help);
        }
        let Some(usable) = size.0.checked_mul(u64::from(data)) else {
            let message = "disks of this size cannot be reckoned with";
            return self.error(
                OUT_OF_RANGE,
                span,
                message,
                "out of range",
                "check the size",
            );
        };
        Some(Layout {
            usable: Bytes(usable),
            span,
        })
    }
}
