//! Chains of steps: what reads from what, and waits for what.

use smallvec::SmallVec;
use thrice_diagnostics::Diagnostic;

use super::Pending;
use super::settle::{settled, source};
use crate::codes::CYCLE;
use crate::context::Context;
use crate::draft::Draft;
use crate::graph;

/// The places of the steps that one rests on.
type Edges = SmallVec<[usize; 2]>;

/// Settles the steps that read from others, sources first: those that stand equally far from the beginning of a chain side by
/// side.
pub fn settle_all(cx: &Context<'_>, draft: &Draft, pending: &mut [Option<Pending>]) {
    let edges = cx.each(pending, |this| Some(rests_on(this.as_ref()?)));
    let edges: Vec<Edges> = edges.into_iter().map(Option::unwrap_or_default).collect();
    let order = match graph::order(&edges) {
        Ok(order) => order,
        Err(circle) => {
            cx.report(circle_of_steps(pending, &circle));
            return;
        }
    };
    drop(edges);
    for chained in by_distance(pending, order).chunk_by(|one, next| one.distance == next.distance) {
        let settled = cx.each(chained, |link| {
            let (this, source) = link.of(pending)?;
            Some(settled(cx, draft, this, Some(source)))
        });
        for (link, settled) in chained.iter().zip(settled) {
            if let (Some(settled), Some(Some(this))) = (settled, pending.get_mut(link.at)) {
                this.take(settled);
            }
        }
    }
}

/// A step that reads from another: the places of both, and how many others stand before it in the chain of
/// what reads from what.
struct Link {
    distance: u32,
    at: usize,
    source: usize,
}

impl Link {
    /// The step and its source; `None` if one of them could not be read.
    fn of<'p>(&self, pending: &'p [Option<Pending>]) -> Option<(&'p Pending, &'p Pending)> {
        let find = |at: usize| pending.get(at)?.as_ref();
        Some((find(self.at)?, find(self.source)?))
    }
}

/// The steps that read from another, sorted by their distances. In `order` sources come first.
fn by_distance(pending: &[Option<Pending>], order: Vec<usize>) -> Vec<Link> {
    let mut distances = vec![0_u32; pending.len()];
    let mut links = Vec::new();
    for at in order {
        let source = pending.get(at).and_then(|this| source(this.as_ref()?));
        let Some(source) = source.map(usize::from) else {
            continue;
        };
        let distance = distances.get(source).map_or(1, |d| d.saturating_add(1));
        if let Some(place) = distances.get_mut(at) {
            *place = distance;
        }
        links.push(Link {
            distance,
            at,
            source,
        });
    }
    links.sort_by_key(|link| link.distance);
    links
}

/// The steps that must have run before this one.
fn rests_on(this: &Pending) -> Edges {
    let source = source(this);
    let after = this.step.timing.after.iter().map(|(id, _)| *id);
    let mut all: Edges = source.into_iter().chain(after).map(usize::from).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn circle_of_steps(pending: &[Option<Pending>], circle: &[usize]) -> Diagnostic {
    let steps = || {
        circle
            .iter()
            .filter_map(|at| pending.get(*at)?.as_ref())
            .map(|p| &p.step)
    };
    let names: Vec<String> = steps()
        .map(|step| format!("`{}`", step.named.name))
        .collect();
    let message = match names.as_slice() {
        [one] => format!("the step {one} waits for itself"),
        many => format!("steps wait for each other in a circle: {}", many.join(", ")),
    };
    steps()
        .fold(Diagnostic::error(CYCLE, message), |found, step| {
            found.at(
                step.named.span,
                format!("`{}` never starts", step.named.name),
            )
        })
        .help("take one `after` or `from` away")
}
