//! What belongs to each thing of a table, in one list.

use std::marker::PhantomData;

/// What belongs to each thing of a table, in one list.
pub(crate) struct Groups<I, T> {
    /// Where the group of each thing begins; at the end, where the last one ends.
    starts: Vec<u32>,
    all: Vec<T>,
    things: PhantomData<I>,
}

impl<I, T> Groups<I, T>
where
    usize: From<I>,
    I: Copy,
    T: Clone,
{
    /// The groups of so many things; each keeps its order. What belongs to none of them is left out.
    /// They are counted, then put in their places: nothing is sorted.
    pub(crate) fn new(count: usize, pairs: impl Iterator<Item = (I, T)> + Clone) -> Self {
        let mut starts = vec![0_u32; count + 1];
        let mut filler = None;
        for (to, what) in pairs.clone() {
            if let Some(next) = starts.get_mut(usize::from(to) + 1) {
                *next += 1;
                filler = Some(what);
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut all = filler.map_or_else(Vec::new, |what| vec![what; sum as usize]);
        for (to, what) in pairs {
            let to = usize::from(to);
            if to >= count {
                continue;
            }
            if let Some(next) = next.get_mut(to) {
                if let Some(place) = all.get_mut(*next as usize) {
                    *place = what;
                }
                *next += 1;
            }
        }
        Self {
            starts,
            all,
            things: PhantomData,
        }
    }

    /// What belongs to a thing.
    pub(crate) fn of(&self, id: I) -> &[T] {
        let at = usize::from(id);
        let ends = (self.starts.get(at), self.starts.get(at + 1));
        let (Some(from), Some(to)) = ends else {
            return &[];
        };
        self.all
            .get(*from as usize..*to as usize)
            .unwrap_or_default()
    }

    /// All groups, one after the other.
    pub(crate) fn into_all(self) -> Vec<T> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::Groups;

    #[test]
    fn each_group_keeps_its_order() {
        let pairs = [
            (2_usize, 'a'),
            (0, 'b'),
            (2, 'c'),
            (7, 'd'),
            (0, 'e'),
            (2, 'f'),
        ];
        let groups = Groups::new(3, pairs.into_iter());
        assert_eq!(groups.of(0), ['b', 'e']);
        assert_eq!(groups.of(1), [] as [char; 0]);
        assert_eq!(groups.of(2), ['a', 'c', 'f']);
        assert_eq!(groups.of(3), [] as [char; 0]);
        assert_eq!(groups.into_all(), ['b', 'e', 'a', 'c', 'f']);
    }

    #[test]
    fn nothing_belongs_to_nothing() {
        let none: [(usize, char); 0] = [];
        assert_eq!(Groups::new(0, none.into_iter()).of(0), [] as [char; 0]);
    }
}
