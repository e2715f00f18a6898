//! Circles among things that rest on each other.

/// Something in a graph that leads back to itself, if there is such a thing: the nodes of one
/// circle in order, beginning with its least. `edges[n]` are the nodes that `n` rests on.
#[must_use]
pub fn circle(edges: &[impl AsRef<[usize]>]) -> Option<Vec<usize>> {
    order(edges).err()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Depth first without recursion: chains may be as long as a policy. `path` is where to walk: empty before,
/// and behind where no circle is found. What is done with is added to `order`.
fn walk(
    start: usize,
    edges: &[impl AsRef<[usize]>],
    state: &mut [State],
    path: &mut Vec<(usize, usize)>,
    order: &mut Vec<usize>,
) -> Option<Vec<usize>> {
    if state.get(start) != Some(&State::New) {
        return None;
    }
    path.push((start, 0));
    *state.get_mut(start)? = State::Open;
    while let Some((node, next)) = path.last_mut() {
        let targets = edges.get(*node).map_or(&[][..], AsRef::as_ref);
        let Some(&target) = targets.get(*next) else {
            *state.get_mut(*node)? = State::Done;
            order.push(*node);
            path.pop();
            continue;
        };
        *next += 1;
        match state.get(target) {
            Some(State::New) => {
                *state.get_mut(target)? = State::Open;
                path.push((target, 0));
            }
            Some(State::Open) => {
                let from = path.iter().position(|(node, _)| *node == target)?;
                return Some(path.iter().skip(from).map(|(node, _)| *node).collect());
            }
            Some(State::Done) | None => {}
        }
    }
    None
}

fn from_least(mut circle: Vec<usize>) -> Vec<usize> {
    let least = circle
        .iter()
        .enumerate()
        .min_by_key(|(_, node)| **node)
        .map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    circle
}

/// An order in which everything stands behind what it rests on, or a circle.
///
/// # Errors
/// The nodes of one circle, as [`circle`] gives them.
pub fn order(edges: &[impl AsRef<[usize]>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut state = vec![State::New; edges.len()];
    let (mut path, mut order) = (Vec::new(), Vec::with_capacity(edges.len()));
    for start in 0..edges.len() {
        if let Some(circle) = walk(start, edges, &mut state, &mut path, &mut order) {
            return Err(from_least(circle));
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_circles_and_orders() {
        assert_eq!(circle(&[vec![1], vec![2], vec![]]), None);
        assert_eq!(
            circle(&[vec![], vec![2], vec![3], vec![1]]),
            Some(vec![1, 2, 3])
        );
        assert_eq!(circle(&[vec![0]]), Some(vec![0]));
        assert_eq!(order(&[vec![2], vec![0], vec![]]), Ok(vec![2, 0, 1]));
        assert_eq!(order(&[vec![1], vec![0]]), Err(vec![0, 1]));
        let chain: Vec<_> = (0..100_000)
            .map(|n| if n == 0 { vec![] } else { vec![n - 1] })
            .collect();
        assert_eq!(order(&chain).map(|order| order.len()), Ok(100_000));
    }
}
